package dev.zstar.kernels.simd.tuning;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The model of this processor. */
final class Cpu {
    /** Name and numbers: virtual machines call many processors only "AMD EPYC", and ARM and others have no name. */
    private static final List<String> KEYS =
            List.of("model name", "cpu family", "model", "CPU implementer", "CPU variant", "CPU part", "uarch", "cpu");

    private Cpu() {}

    /** The model, as one line. */
    static String model() {
        Path file = Path.of("/proc/cpuinfo");
        if (Files.isReadable(file)) {
            try (BufferedReader reader = Files.newBufferedReader(file)) {
                String model = model(reader.lines());
                if (!model.isEmpty()) {
                    return model;
                }
            } catch (IOException | UncheckedIOException e) {
                // Treated like a missing file.
            }
        }
        // Windows; on other systems the architecture.
        String identifier = System.getenv("PROCESSOR_IDENTIFIER");
        return identifier != null ? identifier : System.getProperty("os.name") + " " + System.getProperty("os.arch");
    }

    /** The model of the first processor in {@code /proc/cpuinfo}; empty if it has none of the keys. */
    static String model(Stream<String> lines) {
        Map<String, String> first = new LinkedHashMap<>();
        lines.map(line -> line.split(":", 2))
                .filter(parts -> parts.length == 2 && !parts[1].isBlank())
                .takeWhile(parts -> first.putIfAbsent(parts[0].strip(), parts[1].strip()) == null)
                .forEach(_ -> {});
        StringBuilder model = new StringBuilder();
        for (String key : KEYS) {
            String value = first.get(key);
            if (value != null) {
                model.append(model.isEmpty() ? "" : ", ").append(key.equals("model name") || key.equals("cpu") ? value : key + " " + value);
            }
        }
        return model.toString();
    }
}
