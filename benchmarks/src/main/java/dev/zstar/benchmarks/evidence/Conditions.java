package dev.zstar.benchmarks.evidence;

import dev.zstar.bridge.linux.Counters;
import java.io.Serializable;

/**
 * What holds for a whole study.
 *
 * @param pageBytes bytes of an ordinary page of memory; null if hidden
 * @param hugePages when Linux uses huge pages by itself: {@code always}, {@code madvise} or {@code never}; null if hidden
 * @param counters which events can be counted, and why others cannot
 */
public record Conditions(Long pageBytes, String hugePages, String counters) implements Serializable {
    /** Reads them. */
    public static Conditions read() {
        return read(LinuxFiles.ofSystem());
    }

    static Conditions read(LinuxFiles files) {
        return new Conditions(files.pageBytes().orElse(null), files.hugePages().orElse(null), Counters.summary());
    }

    /** One line for people on huge pages. */
    public String hugePagesLine() {
        return switch (hugePages == null ? "" : hugePages) {
            case "always" -> "always: large blocks of memory get them by themselves";
            case "madvise" -> "madvise: only memory that asks; the heap does with -XX:+UseTransparentHugePages, "
                    + "blocks do with GLIBC_TUNABLES=glibc.malloc.hugetlb=1";
            case "never" -> "never: no memory gets them by itself";
            case "" -> "not visible";
            default -> hugePages;
        };
    }
}
