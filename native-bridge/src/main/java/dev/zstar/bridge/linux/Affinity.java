package dev.zstar.bridge.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.regex.Pattern;

/**
 * The processors that threads may run on. A thread that is kept on one processor keeps its caches, and its time does not depend on where
 * the kernel moves it. A thread that is started later may run where the thread that starts it may.
 */
public final class Affinity {
    /** Bits of the kernel's largest mask. */
    private static final int MOST = 8192;
    private static final Pattern LIST = Pattern.compile("[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*");

    private Affinity() {}

    /** Why threads cannot be kept on processors here; empty if they can. */
    public static Optional<String> unavailable() {
        return CLibrary.unavailable().or(() -> allowed().isEmpty()
                ? Optional.of("/proc/thread-self/status does not say which processors a thread may use")
                : Optional.empty());
    }

    /** The numbers of the processors that the calling thread may run on, ascending; none if the system does not say. */
    public static List<Integer> allowed() {
        return lines(Path.of("/proc/thread-self/status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .findFirst()
                .map(line -> parse(line.substring(line.indexOf(':') + 1)))
                .orElse(List.of());
    }

    /**
     * Keeps the calling thread, and every thread that it starts later, on these processors.
     *
     * @param processors numbers from 0 to 8191, at least one
     * @throws UnsupportedOperationException where threads cannot be kept on processors
     * @throws IllegalArgumentException if there is none, one is out of range, or the system does not let the thread run on any of them
     */
    public static void pin(List<Integer> processors) {
        Objects.requireNonNull(processors, "Affinity.pin: processors is null");
        BitSet bits = new BitSet();
        for (int processor : processors) {
            if (processor < 0 || processor >= MOST) {
                throw new IllegalArgumentException("Affinity.pin: a processor is " + processor + ", expected 0 to " + (MOST - 1));
            }
            bits.set(processor);
        }
        if (bits.isEmpty()) {
            throw new IllegalArgumentException("Affinity.pin: processors is empty, expected at least one");
        }
        CLibrary.require();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(MOST / Byte.SIZE, Long.BYTES);
            byte[] set = bits.toByteArray();
            MemorySegment.copy(set, 0, mask, JAVA_BYTE, 0, set.length);
            int result = CLibrary.setAffinity(mask);
            if (result == -CLibrary.EINVAL) {
                throw new IllegalArgumentException(
                        "Affinity.pin: processors is " + processors + ", expected some of those that this process may use");
            }
            if (result < 0) {
                throw new UnsupportedOperationException("sched_setaffinity failed with error " + -result);
            }
        }
    }

    /**
     * The first processors of this machine to pin to, one for each core as long as there are cores: two threads of one core share its
     * units.
     *
     * @param count how many, at least 0; fewer are returned if {@code allowed} has fewer
     * @param allowed the processors to choose from, ascending
     */
    public static List<Integer> first(int count, List<Integer> allowed) {
        return first(count, allowed, processor -> parse(String.join("", lines(
                Path.of("/sys/devices/system/cpu/cpu" + processor + "/topology/thread_siblings_list")))));
    }

    /** @param siblings the processors of the same core; none if unknown */
    static List<Integer> first(int count, List<Integer> allowed, IntFunction<List<Integer>> siblings) {
        List<Integer> ordered = new ArrayList<>();
        List<Integer> second = new ArrayList<>();
        for (int processor : allowed) {
            boolean taken = siblings.apply(processor).stream().anyMatch(ordered::contains);
            (taken ? second : ordered).add(processor);
        }
        ordered.addAll(second);
        return List.copyOf(ordered.subList(0, Math.min(count, ordered.size())));
    }

    /** The numbers of a list like {@code 0-3,8}; none if it is no such list. */
    public static List<Integer> parse(String list) {
        String text = list.strip();
        if (!LIST.matcher(text).matches()) {
            return List.of();
        }
        List<Integer> numbers = new ArrayList<>();
        for (String range : text.split(",", -1)) {
            String[] ends = range.split("-", 2);
            int last = Integer.parseInt(ends[ends.length - 1]);
            for (int number = Integer.parseInt(ends[0]); number <= last; number++) {
                numbers.add(number);
            }
        }
        return List.copyOf(numbers);
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of();
        }
    }
}
