package dev.zstar.benchmarks.study;

import dev.zstar.kernels.tuning.Tuner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Times the cases of settings in a JVM that is started with their values: the clock of {@code zstar tune}. */
public final class SettingClock {
    private SettingClock() {}

    /**
     * Starts the JVM, and waits for it.
     *
     * @param quick whether to measure fewer slices
     * @param cases those by which values are chosen, or others
     * @param settings whose cases
     * @param values of every setting, by name
     * @return the time of each case, in a unit that is the same from call to call; NaN for one that found no steady speed
     * @throws StudyException if the JVM fails
     */
    // The package of the tuner is exported to this module and to the command line only.
    @SuppressWarnings("exports")
    public static double[] time(boolean quick, Tuner.Cases cases, List<String> settings, Map<String, Long> values) {
        List<String> flags = new ArrayList<>();
        flags.add("-Dzstar.profile=none");
        values.forEach((name, value) -> flags.add("-D" + name + "=" + value));
        String argument = (quick ? "quick " : "full ") + cases + " " + String.join(",", settings);
        return Fork.call(TunerChild.class, double[].class, argument, flags.toArray(String[]::new));
    }
}
