package dev.zstar.reports.machine;

import java.util.Optional;

/**
 * The limits of this process's control groups, of both versions. A group has the limits of the groups above it, too. In a container, the
 * group that {@code /proc/self/cgroup} names may lie outside what is mounted; then the groups that are mounted count.
 *
 * @param processors processors that this process may keep busy
 * @param memory bytes
 */
public record Cgroup(Limit processors, Limit memory) {
    private static final String MOUNT = "sys/fs/cgroup";
    /** Version 1 writes no limit as the largest multiple of the page size. */
    private static final double NO_BYTES = 0x1p60;

    static Cgroup read(SystemFiles files) {
        Limit processors = Limit.NOT_VISIBLE;
        Limit memory = Limit.NOT_VISIBLE;
        for (String line : files.lines("proc/self/cgroup").toList()) {
            String[] parts = line.split(":", 3);
            if (parts.length == 3) {
                for (String controller : parts[1].split(",", -1)) {
                    for (String group = parts[2]; ; group = group.substring(0, group.lastIndexOf('/'))) {
                        String folder = MOUNT + (controller.isEmpty() ? "" : "/" + controller) + (group.equals("/") ? "" : group);
                        processors = processors.and(controller.isEmpty() ? quota(files, folder)
                                : controller.equals("cpu") ? oldQuota(files, folder) : Limit.NOT_VISIBLE);
                        memory = memory.and(controller.isEmpty() ? bytes(files, folder + "/memory.max")
                                : controller.equals("memory") ? bytes(files, folder + "/memory.limit_in_bytes") : Limit.NOT_VISIBLE);
                        if (group.lastIndexOf('/') < 0) {
                            break;
                        }
                    }
                }
            }
        }
        return new Cgroup(processors, memory);
    }

    /** Version 2: the microseconds of processor time in each period, or {@code max}. */
    private static Limit quota(SystemFiles files, String folder) {
        return files.text(folder + "/cpu.max").map(text -> text.split("\\s+", 2)).filter(parts -> parts.length == 2)
                .map(parts -> parts[0].equals("max") ? Limit.NONE : quota(number(parts[0]), number(parts[1])))
                .orElse(Limit.NOT_VISIBLE);
    }

    /** Version 1: the same in two files; the quota is -1 if there is none. */
    private static Limit oldQuota(SystemFiles files, String folder) {
        Optional<String> quota = files.text(folder + "/cpu.cfs_quota_us");
        if (quota.isPresent() && quota.get().equals("-1")) {
            return Limit.NONE;
        }
        return quota(quota.flatMap(Cgroup::number), files.text(folder + "/cpu.cfs_period_us").flatMap(Cgroup::number));
    }

    private static Limit quota(Optional<Double> quota, Optional<Double> period) {
        return quota.isPresent() && period.isPresent() && period.get() > 0 ? Limit.of(quota.get() / period.get()) : Limit.NOT_VISIBLE;
    }

    private static Limit bytes(SystemFiles files, String path) {
        return files.text(path)
                .map(text -> text.equals("max") ? Limit.NONE : number(text).map(
                        bytes -> bytes >= NO_BYTES ? Limit.NONE : Limit.of(bytes)).orElse(Limit.NOT_VISIBLE))
                .orElse(Limit.NOT_VISIBLE);
    }

    private static Optional<Double> number(String text) {
        return text.matches("[0-9]{1,20}") ? Optional.of(Double.parseDouble(text)) : Optional.empty();
    }
}
