package dev.zstar.benchmarks.study;

import dev.zstar.kernels.simd.Profile;
import dev.zstar.kernels.simd.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a {@link Tuner} found.
 *
 * @param cpu the model of the processor
 * @param bits of its vectors
 * @param rounds in how many rounds each was measured
 * @param trials everything that was tried
 * @param changed the settings, by name, that are better than their defaults
 * @param candidates those that were, one by one; {@code changed} if their gain was found again with all of them together
 * @param gain how many times as fast as the defaults all candidates together are: the median of the rounds
 * @param worst the worst round of these
 */
public record Tuned(
        String cpu, int bits, int rounds, List<Trial> trials, Map<String, Long> changed, Map<String, Long> candidates, double gain, double worst) {
    /**
     * A value that was tried.
     *
     * @param setting its name
     * @param baseline the value it had to beat
     * @param value the value tried
     * @param gain how many times as fast as the baseline: the median of the rounds
     * @param worst the worst round
     * @param taken whether it is the new baseline
     */
    public record Trial(String setting, long baseline, long value, double gain, double worst, boolean taken) {}

    /** Copies. */
    public Tuned {
        trials = List.copyOf(trials);
        changed = Collections.unmodifiableMap(new LinkedHashMap<>(changed));
        candidates = Collections.unmodifiableMap(new LinkedHashMap<>(candidates));
    }

    /** Where the engine looks for a profile; empty if nowhere. */
    public static Optional<Path> place() {
        return Profile.place();
    }

    /**
     * Checks, before anything is measured, that a profile can be put there.
     *
     * @throws StudyException if it is another kind of file, or the folder cannot be written
     */
    public static void requireWritable(Path file) {
        if (Files.exists(file)) {
            try {
                Profile.read(file);
            } catch (IOException | IllegalArgumentException e) {
                throw new StudyException(file + " exists and is no tuning profile; choose another with --out");
            }
        }
        Path folder = file.toAbsolutePath().getParent();
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, ".zstar", null));
        } catch (IOException e) {
            throw new StudyException("nothing can be written in " + folder + " (" + e.getClass().getSimpleName() + "); choose another --out");
        }
    }

    /** Writes what changed as a profile, one that names only the processor if nothing did. */
    public void write(Path file, String comment) {
        Map<Setting, Long> values = new EnumMap<>(Setting.class);
        changed.forEach((name, value) -> values.put(Setting.named(name), value));
        try {
            new Profile(cpu, bits, values).write(file, comment);
        } catch (IOException e) {
            throw new StudyException("the profile could not be written to " + file + ": " + e.getMessage());
        }
    }
}
