package dev.zstar.benchmarks.evidence;

import dev.zstar.bridge.linux.Affinity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of Linux that say what others took from this process. A file that is missing, or that reads otherwise, gives nothing. */
final class LinuxFiles {
    /** A number that fits into a {@code long}. */
    private static final String NUMBER = "([0-9]{1,18})";
    /** The eighth number of a processor is the stolen time. */
    private static final Pattern PROCESSOR = Pattern.compile("cpu([0-9]{1,5})(?: [0-9]+){7} " + NUMBER + "(?: .*)?");
    /** The whole machine: user, nice and system time, idle time and waiting for devices, and time in interrupts. */
    private static final Pattern MACHINE = Pattern.compile("cpu  ([0-9]{1,18}) ([0-9]{1,18}) ([0-9]{1,18}) [0-9]+ [0-9]+ ([0-9]{1,18}) "
            + "([0-9]{1,18})(?: .*)?");
    /** The user and system time of this process are numbers 14 and 15. Its name, in parentheses, may have any character. */
    private static final Pattern PROCESS = Pattern.compile(".*\\) [A-Za-z](?: -?[0-9]+){10} ([0-9]{1,18}) ([0-9]{1,18}) .*");
    private static final Pattern PRESSURE = Pattern.compile("some .*\\btotal=" + NUMBER);
    private static final Pattern WAIT = Pattern.compile("[0-9]+ " + NUMBER + " [0-9]+");
    private static final Pattern SWITCHES = Pattern.compile("nonvoluntary_ctxt_switches:\\s*" + NUMBER);
    private static final Pattern ALLOWED = Pattern.compile("Cpus_allowed_list:\\s*([-0-9,]+)");
    private static final Pattern CHOICE = Pattern.compile(".*\\[([a-z]+)\\].*");
    private static final Pattern PAGE = Pattern.compile("KernelPageSize:\\s*([0-9]{1,9}) kB");
    /** Begins the names of the threads of teams. */
    private static final String WORKER = "zstar-worker";
    /** Lines of {@code smaps} until the first page size. */
    private static final int FIRST_LINES = 8;

    private final Path root;

    /** @param root the folder that holds {@code proc} and {@code sys} */
    LinuxFiles(Path root) {
        this.root = root;
    }

    static LinuxFiles ofSystem() {
        return new LinuxFiles(Path.of("/"));
    }

    /** What a thread has suffered so far. */
    record Scheduled(long waitNanos, long switches) {
        static final Scheduled NEW = new Scheduled(0, 0);
    }

    /** How often the limits of a group of processes have stopped it so far, and for how long. */
    record Throttling(long count, long nanos) {}

    /** Hundredths of a second for which the processors worked for other processes. */
    Optional<Long> others() {
        Optional<Long> all = sum(MACHINE, lines("proc/stat"));
        Optional<Long> own = sum(PROCESS, lines("proc/self/stat"));
        return all.flatMap(busy -> own.map(mine -> busy - mine));
    }

    /** The sum of the groups of the first line that matches. */
    private static Optional<Long> sum(Pattern pattern, List<String> lines) {
        return lines.stream().map(pattern::matcher).filter(Matcher::matches).findFirst().map(found -> {
            long sum = 0;
            for (int i = 1; i <= found.groupCount(); i++) {
                sum += Long.parseLong(found.group(i));
            }
            return sum;
        });
    }

    /** Hundredths of a second that the host took, for each processor that the calling thread may use. */
    Map<Integer, Long> stolen() {
        Map<Integer, Long> stolen = new TreeMap<>();
        List<Integer> allowed = processors().map(Affinity::parse).orElse(List.of());
        for (String line : lines("proc/stat")) {
            Matcher cpu = PROCESSOR.matcher(line);
            if (cpu.matches() && (allowed.isEmpty() || allowed.contains(Integer.parseInt(cpu.group(1))))) {
                stolen.put(Integer.parseInt(cpu.group(1)), Long.parseLong(cpu.group(2)));
            }
        }
        return stolen;
    }

    /**
     * The threads that compute: those with the name of the calling thread, which threads of native libraries share, and workers of teams.
     * Threads of the virtual machine, such as its compilers, often wait without harm.
     */
    Map<Integer, Scheduled> computingThreads() {
        Map<Integer, Scheduled> threads = new TreeMap<>();
        String own = first("proc/thread-self/comm").orElse("");
        try (DirectoryStream<Path> all = Files.newDirectoryStream(root.resolve("proc/self/task"), "[0-9]*")) {
            for (Path thread : all) {
                String name = lines(thread.resolve("comm")).stream().findFirst().orElse("");
                if (!name.isEmpty() && (name.equals(own) || name.startsWith(WORKER))) {
                    Optional<Long> waited = find(WAIT, lines(thread.resolve("schedstat")));
                    Optional<Long> switches = find(SWITCHES, lines(thread.resolve("status")));
                    if (waited.isPresent() && switches.isPresent()) {
                        threads.put(Integer.parseInt(thread.getFileName().toString()), new Scheduled(waited.get(), switches.get()));
                    }
                }
            }
        } catch (IOException | RuntimeException e) {
            return Map.of();
        }
        return threads;
    }

    /** Microseconds for which some process of the machine has waited for a processor. */
    Optional<Long> pressureMicros() {
        return find(PRESSURE, lines("proc/pressure/cpu"));
    }

    /** The processors that the calling thread may use, as Linux writes them. */
    Optional<String> processors() {
        return text(ALLOWED, lines("proc/thread-self/status"));
    }

    /** The limits of this process' group and of the groups that contain it; empty if none of them has a limit that can be read. */
    Optional<Throttling> throttling() {
        return ControlGroups.folders(lines("proc/self/cgroup"), lines("proc/self/mountinfo")).stream()
                .map(folder -> ControlGroups.throttling(lines(folder.substring(1) + "/cpu.stat")))
                .flatMap(Optional::stream)
                .reduce((one, other) -> new Throttling(one.count() + other.count(), one.nanos() + other.nanos()));
    }

    /** When the kernel uses huge pages by itself: {@code always}, {@code madvise} or {@code never}. */
    Optional<String> hugePages() {
        return text(CHOICE, lines("sys/kernel/mm/transparent_hugepage/enabled"));
    }

    /** Bytes of an ordinary page. */
    Optional<Long> pageBytes() {
        try (Stream<String> lines = Files.lines(root.resolve("proc/self/smaps"), StandardCharsets.ISO_8859_1)) {
            return find(PAGE, lines.limit(FIRST_LINES).toList()).map(kibibytes -> 1024 * kibibytes);
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    static Optional<Long> find(Pattern pattern, List<String> lines) {
        return text(pattern, lines).map(Long::parseLong);
    }

    private static Optional<String> text(Pattern pattern, List<String> lines) {
        return lines.stream().map(pattern::matcher).filter(Matcher::matches).map(matcher -> matcher.group(1)).findFirst();
    }

    private Optional<String> first(String file) {
        return lines(file).stream().findFirst();
    }

    private List<String> lines(String file) {
        return lines(root.resolve(file));
    }

    /** The lines of a file; none if it cannot be read. */
    private static List<String> lines(Path file) {
        try {
            // A thread that has ended, or a name in any encoding, is no reason to fail.
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).lines().toList();
        } catch (IOException | RuntimeException e) {
            return List.of();
        }
    }
}
