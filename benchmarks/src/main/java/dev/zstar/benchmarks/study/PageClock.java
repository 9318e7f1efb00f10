package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.evidence.Conditions;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.tuning.Tuner;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Times products in JVMs whose blocks lie in huge pages. These are a matter of the process, so no profile can set them: glibc reads a
 * variable when the process starts, and then asks the system for huge pages whenever it allocates.
 */
public final class PageClock {
    /** What to set for huge pages, as in a shell. */
    public static final String SETTING = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1";

    private static final String VARIABLE = "GLIBC_TUNABLES";
    private static final String TUNABLE = "glibc.malloc.hugetlb";
    private static final String MODE = "/sys/kernel/mm/transparent_hugepage/enabled";
    private static final int PROBE = 64 << 20;

    private PageClock() {}

    /** Why huge pages cannot be compared with ordinary ones here; empty if they can. Starts a JVM that tries them. */
    public static Optional<String> unavailable() {
        Optional<String> reason = unavailable(Conditions.read().hugePages(), System.getenv(VARIABLE));
        if (reason.isPresent()) {
            return reason;
        }
        long huge = Fork.measure(PageProbe.class, Long.class, "", environment()).value();
        // A block that begins between two huge pages lies in one page less.
        return huge >= PROBE / 2 ? Optional.empty() : Optional.of(String.format(Locale.ROOT,
                "%s had no effect: %d MiB of a block of %d MiB lay in huge pages. It needs glibc 2.35 or later, and free memory in one "
                + "piece",
                SETTING, huge >> 20, PROBE >> 20));
    }

    /** @param mode what the system does by itself; null if it does not say */
    static Optional<String> unavailable(String mode, String tunables) {
        if (mode == null) {
            return Optional.of("this system has no " + MODE);
        }
        if (!mode.equals("madvise")) {
            return Optional.of(MODE + " is " + mode + (mode.equals("always") ? ", so large blocks lie in huge pages by themselves"
                    : ", so no memory can lie in huge pages; expected madvise"));
        }
        return tunables != null && tunables.contains(TUNABLE)
                ? Optional.of(VARIABLE + " sets " + TUNABLE + " already") : Optional.empty();
    }

    /**
     * Starts a JVM, and waits for it.
     *
     * @param quick whether to measure fewer slices
     * @param huge whether its blocks lie in huge pages
     * @return the time of each case, in a unit that is the same from call to call; NaN for one that found no steady speed
     * @throws StudyException if the JVM fails
     */
    // The package of the tuner is exported to this module and to the command line only.
    @SuppressWarnings("exports")
    public static double[] time(boolean quick, Tuner.Cases cases, boolean huge) {
        String argument = (quick ? "quick " : "full ") + cases + " " + TunerChild.PAGES;
        return Fork.measure(TunerChild.class, double[].class, argument, huge ? environment() : Map.of()).value();
    }

    /** The variable, with what it has already. */
    private static Map<String, String> environment() {
        String others = System.getenv(VARIABLE);
        return Map.of(VARIABLE, (others == null || others.isEmpty() ? "" : others + ":") + TUNABLE + "=1");
    }

    /** How many bytes of this process lie in huge pages once it has written a block. */
    static final class PageProbe implements Fork.Task {
        private static final Pattern HUGE = Pattern.compile("(?m)^AnonHugePages:\\s*([0-9]{1,15}) kB$");

        @Override
        public Serializable run(String argument) {
            try (Block block = Block.allocate(Type.F32, 1, PROBE / Float.BYTES)) {
                block.set(0, 0, 1);
                Matcher found = HUGE.matcher(Files.readString(Path.of("/proc/self/smaps_rollup")));
                return found.find() ? Long.parseLong(found.group(1)) * 1024 : 0L;
            } catch (IOException e) {
                return 0L;
            }
        }

        @Override
        public boolean timed() {
            return false;
        }
    }
}
