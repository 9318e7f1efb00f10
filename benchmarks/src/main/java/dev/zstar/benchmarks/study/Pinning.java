package dev.zstar.benchmarks.study;

import dev.zstar.bridge.linux.Affinity;
import dev.zstar.kernels.Engines;
import java.util.List;
import java.util.Optional;

/**
 * Keeps the measuring thread of a child, and the workers that it starts later, on the first processors. Threads of the virtual machine,
 * such as its compilers, may run on all of them. Only a child that was started with the flag of {@link #flags} is pinned.
 */
final class Pinning {
    private static final String PROPERTY = "zstar.pin";
    private static volatile boolean children;

    /** Read before the first thread is pinned. */
    private static final class Before {
        static final List<Integer> ALLOWED = Affinity.allowed();
        static final int PROCESSORS = Engines.processors();
    }

    private Pinning() {}

    /** Why {@code --pin} cannot be followed here. */
    static Optional<String> unavailable() {
        return Affinity.unavailable();
    }

    /** Whether children that are started from now on are pinned. */
    static void pinChildren(boolean pin) {
        children = pin;
    }

    /** The flags of a child, with the one that pins it. */
    static String[] flags(String... flags) {
        if (!children) {
            return flags;
        }
        String[] all = new String[flags.length + 1];
        System.arraycopy(flags, 0, all, 0, flags.length);
        all[flags.length] = "-D" + PROPERTY + "=true";
        return all;
    }

    /** In a child that is to be pinned: keeps the calling thread and those that it will start on this many processors. */
    static void to(int threads) {
        if (Boolean.getBoolean(PROPERTY)) {
            int processors = Before.PROCESSORS;
            Affinity.pin(Affinity.first(Math.min(threads, processors), Before.ALLOWED));
        }
    }

    /** The processors that this process may use, whatever a thread is pinned to. */
    static int processors() {
        return Before.PROCESSORS;
    }
}
