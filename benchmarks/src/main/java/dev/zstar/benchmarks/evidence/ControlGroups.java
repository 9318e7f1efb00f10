package dev.zstar.benchmarks.evidence;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Finds the control groups of this process that can limit its processor time, of version 1 and of version 2. */
final class ControlGroups {
    private static final Pattern COUNT = Pattern.compile("nr_throttled ([0-9]{1,18})");
    private static final Pattern NANOS = Pattern.compile("throttled_time ([0-9]{1,18})");
    private static final Pattern MICROS = Pattern.compile("throttled_usec ([0-9]{1,15})");

    private ControlGroups() {}

    /**
     * The folders of the group and of those that contain it, the innermost first.
     *
     * @param groups the lines of {@code /proc/self/cgroup}
     * @param mounts the lines of {@code /proc/self/mountinfo}
     */
    static List<String> folders(List<String> groups, List<String> mounts) {
        List<String> folders = new ArrayList<>();
        for (String line : groups) {
            // 0::/path in version 2, 4:cpu,cpuacct:/path in version 1
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && (line.startsWith("0::") || List.of(parts[1].split(",", -1)).contains("cpu"))) {
                mount(mounts, line.startsWith("0::")).ifPresent(mount -> folders.addAll(upwards(mount, parts[2])));
            }
        }
        return folders;
    }

    /** Where the groups of a version are mounted. In {@code 36 35 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw} it is the fifth word. */
    private static Optional<String[]> mount(List<String> mounts, boolean second) {
        return mounts.stream().map(line -> line.split(" ", -1)).filter(words -> {
            int dash = Arrays.asList(words).indexOf("-");
            return words.length > 5 && dash > 5 && dash + 3 < words.length && (second ? words[dash + 1].equals("cgroup2")
                    : words[dash + 1].equals("cgroup") && List.of(words[dash + 3].split(",", -1)).contains("cpu"));
        }).findFirst();
    }

    /** A container may see its group as the root, or see the host's path with only a part of it mounted. */
    private static List<String> upwards(String[] mount, String group) {
        String root = mount[3].equals("/") ? "" : mount[3];
        String inner = group.startsWith(root + "/") ? group.substring(root.length()) : "";
        List<String> folders = new ArrayList<>();
        for (String path = inner; path.length() > 1; path = path.substring(0, path.lastIndexOf('/'))) {
            folders.add(mount[4] + path);
        }
        folders.add(mount[4]);
        return folders;
    }

    /** @param stat the lines of {@code cpu.stat} */
    static Optional<LinuxFiles.Throttling> throttling(List<String> stat) {
        Optional<Long> nanos = LinuxFiles.find(NANOS, stat).or(() -> LinuxFiles.find(MICROS, stat).map(micros -> 1000 * micros));
        return LinuxFiles.find(COUNT, stat).flatMap(count -> nanos.map(time -> new LinuxFiles.Throttling(count, time)));
    }
}
