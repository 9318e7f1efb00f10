package dev.zstar.kernels;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * How many bytes all blocks of the process may hold. Without a limit, an allocation larger than the machine's memory makes the operating
 * system kill this process, or another one, without a message.
 *
 * <p>The property {@code zstar.memory} sets it, in bytes or with a suffix k, m, g or t (of 1024). By default it is three quarters of the
 * memory of the machine, or of the control group if that is limited to less. The JVM takes a quarter for its heap by default. On systems
 * other than Linux the memory is not known, and only the system itself sets a limit.
 */
final class Budget {
    private static final String PROPERTY = "zstar.memory";

    /** A limit, and the words that say where it comes from. */
    record Limit(long bytes, String origin) {}

    private static final Limit LIMIT = limit(System.getProperty(PROPERTY), Path.of("/"));

    private Budget() {}

    static long bytes() {
        return LIMIT.bytes();
    }

    /** Counts the bytes, or throws {@link OutOfMemoryError}. */
    static void take(long bytes, String shape) {
        if (Reclamation.held().addAndGet(bytes) > LIMIT.bytes()) {
            Reclamation.sweep();
            if (Reclamation.held().get() > LIMIT.bytes()) {
                giveBack(bytes);
                throw refused(bytes, shape, "-D" + PROPERTY + "=… sets the budget (bytes, or with a suffix k, m, g or t)");
            }
        }
    }

    static void giveBack(long bytes) {
        Reclamation.held().addAndGet(-bytes);
    }

    static OutOfMemoryError refused(long bytes, String shape, String advice) {
        return new OutOfMemoryError(refusal(bytes, shape, Reclamation.held().get(), LIMIT, advice));
    }

    static String refusal(long bytes, String shape, long held, Limit limit, String advice) {
        return "cannot allocate a block of " + shape + ": it needs " + size(bytes) + ", and all blocks together hold " + size(held)
                + (limit.bytes() == Long.MAX_VALUE ? " without a budget"
                        : " of a budget of " + size(limit.bytes()) + " (" + limit.origin() + ")")
                + "; " + advice;
    }

    /** Such as {@code 1.5 GiB}. */
    static String size(long bytes) {
        if (bytes < 1024) {
            return bytes + " bytes";
        }
        int unit = Math.min(4, (63 - Long.numberOfLeadingZeros(bytes)) / 10);
        return String.format(Locale.ROOT, "%.1f %siB", bytes / (double) (1L << 10 * unit), "KMGT".charAt(unit - 1));
    }

    /** The limit for this value of the property, on the machine whose files are under {@code root}. */
    static Limit limit(String property, Path root) {
        if (property != null && !property.isBlank()) {
            OptionalLong bytes = parse(property.strip());
            if (bytes.isPresent()) {
                return new Limit(bytes.getAsLong(), PROPERTY);
            }
            System.getLogger(Budget.class.getPackageName()).log(System.Logger.Level.WARNING,
                    "-D" + PROPERTY + "=" + property
                            + " is ignored, expected a number of bytes, or one with a suffix k, m, g or t, such as 8g");
        }
        long machine = machine(root.resolve("proc/meminfo"));
        long group = group(root);
        if (machine == Long.MAX_VALUE && group == Long.MAX_VALUE) {
            return new Limit(Long.MAX_VALUE, "no limit");
        }
        String whose = group < machine ? "control group's" : "machine's";
        return new Limit(Math.min(machine, group) / 4 * 3, "three quarters of the " + whose + " memory");
    }

    /** A number of bytes, such as {@code 1048576}, {@code 1024k} or {@code 1m}; empty if the text is something else, or too large. */
    static OptionalLong parse(String text) {
        int unit = text.isEmpty() ? -1 : "kmgt".indexOf(text.toLowerCase(Locale.ROOT).charAt(text.length() - 1));
        String digits = unit < 0 ? text : text.substring(0, text.length() - 1);
        if (!digits.matches("[0-9]{1,18}")) {
            return OptionalLong.empty();
        }
        int shift = 10 * (unit + 1);
        long number = Long.parseLong(digits);
        return number > Long.MAX_VALUE >> shift ? OptionalLong.empty() : OptionalLong.of(number << shift);
    }

    private static long machine(Path meminfo) {
        return read(meminfo, text -> text.lines()
                .filter(line -> line.startsWith("MemTotal:"))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElse(Long.MAX_VALUE));
    }

    /** The least limit of the process's control group and those around it, of either version. */
    private static long group(Path root) {
        long least = Long.MAX_VALUE;
        Path groups = root.resolve("sys/fs/cgroup");
        String own = read(root.resolve("proc/self/cgroup"), text -> text, "");
        for (String line : own.lines().toList()) {
            // number:controllers:path, where version 2 has no controllers.
            String[] parts = line.split(":", 3);
            if (parts.length < 3 || !parts[1].isEmpty() && !parts[1].contains("memory")) {
                continue;
            }
            Path top = parts[1].isEmpty() ? groups : groups.resolve("memory");
            String file = parts[1].isEmpty() ? "memory.max" : "memory.limit_in_bytes";
            Path at = top.resolve(parts[2].replaceFirst("^/+", "")).normalize();
            // In a container the path may be that of the host, which does not exist there; its own limit is then at the top.
            for (Path place = at.startsWith(top) ? at : top; place.startsWith(top); place = place.getParent()) {
                least = Math.min(least, read(place.resolve(file), Budget::number));
            }
        }
        return least;
    }

    private static long number(String text) {
        return parse(text.strip()).orElse(Long.MAX_VALUE);
    }

    private static long read(Path file, Function<String, Long> number) {
        return read(file, number, Long.MAX_VALUE);
    }

    private static <T> T read(Path file, Function<String, T> meaning, T otherwise) {
        try {
            return Files.isReadable(file) ? meaning.apply(Files.readString(file)) : otherwise;
        } catch (IOException | NumberFormatException e) {
            return otherwise;
        }
    }
}
