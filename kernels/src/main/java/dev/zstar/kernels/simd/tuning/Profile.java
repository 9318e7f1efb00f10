package dev.zstar.kernels.simd.tuning;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * Settings that were measured on one model of processor, as a small file of properties.
 *
 * @param cpu the model
 * @param bits the width of its vectors
 * @param values the values of some settings
 */
public record Profile(String cpu, int bits, Map<Setting, Long> values) {
    private static final String CPU = "cpu";
    private static final String BITS = "vector.bits";

    /** The system property that names a profile: a file, or {@code none}. */
    static final String PROPERTY = "zstar.profile";

    /** Copies the values. */
    public Profile {
        Map<Setting, Long> copy = new EnumMap<>(Setting.class);
        copy.putAll(values);
        values = copy;
    }

    /**
     * The file that {@code zstar.profile} names, else this processor's file in the user's settings folder; empty if there is neither.
     */
    public static Optional<Path> file() {
        String named = System.getProperty(PROPERTY);
        try {
            if (named != null && !named.isEmpty()) {
                return named.equals("none") ? Optional.empty() : Optional.of(Path.of(named).toAbsolutePath());
            }
            boolean windows = System.getProperty("os.name", "").startsWith("Windows");
            Path home = Path.of(System.getProperty("user.home", ""));
            String variable = System.getenv(windows ? "APPDATA" : "XDG_CONFIG_HOME");
            // The XDG rules say to ignore a path that is not absolute.
            Path settings = variable != null && Path.of(variable).isAbsolute() ? Path.of(variable)
                    : home.resolve(windows ? "AppData/Roaming" : ".config");
            return settings.isAbsolute() ? Optional.of(settings.resolve("zstar").resolve(slug(Cpu.model()) + ".properties"))
                    : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** Why this profile does not hold for a processor, as part of a sentence; empty if it does. */
    public Optional<String> mismatch(String otherCpu, int otherBits) {
        return cpu.equals(otherCpu) && bits == otherBits ? Optional.empty()
                : Optional.of("it was made on '" + cpu + "' with " + bits + "-bit vectors, and this is '" + otherCpu + "' with " + otherBits
                        + "-bit vectors");
    }

    /** A model as the name of a file. */
    static String slug(String cpu) {
        return cpu.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    }

    /**
     * Reads a profile.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it is not a profile; the message is the reason, as part of a sentence
     */
    public static Profile read(Path file) throws IOException {
        Properties lines = new Properties();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            lines.load(reader);
        }
        String cpu = lines.getProperty(CPU);
        String bits = lines.getProperty(BITS);
        if (cpu == null || bits == null || !bits.matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException("it lacks the keys cpu or vector.bits, expected both, which say where it was made");
        }
        Map<Setting, Long> values = new EnumMap<>(Setting.class);
        for (String name : lines.stringPropertyNames()) {
            if (!name.equals(CPU) && !name.equals(BITS)) {
                Setting setting = Setting.named(name);
                values.put(setting, setting.parse(lines.getProperty(name)));
            }
        }
        return new Profile(cpu, Integer.parseInt(bits), values);
    }

    /** Writes this profile, with a comment of one line. An existing file is replaced in one step. */
    public void write(Path file, String comment) throws IOException {
        StringBuilder text = new StringBuilder("# ").append(comment).append('\n');
        text.append(CPU).append(" = ").append(cpu.replace("\\", "\\\\")).append('\n');
        text.append(BITS).append(" = ").append(bits).append('\n');
        values.forEach((setting, value) -> text.append(setting.property()).append(" = ").append(value).append('\n'));
        Path folder = file.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        Path part = Files.createTempFile(folder, ".zstar", null);
        try {
            Files.writeString(part, text);
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
