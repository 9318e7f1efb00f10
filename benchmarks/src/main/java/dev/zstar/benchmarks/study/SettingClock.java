package dev.zstar.benchmarks.study;

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
     * @param settings whose cases
     * @param values of every setting, by name
     * @return the time of each case, in a unit that is the same from call to call; NaN for one that found no steady speed
     * @throws StudyException if the JVM fails
     */
    public static double[] time(boolean quick, List<String> settings, Map<String, Long> values) {
        List<String> flags = new ArrayList<>();
        flags.add("-Dzstar.profile=none");
        values.forEach((name, value) -> flags.add("-D" + name + "=" + value));
        String argument = (quick ? "quick " : "full ") + String.join(",", settings);
        return Fork.call(TunerChild.class, double[].class, argument, flags.toArray(String[]::new));
    }
}
