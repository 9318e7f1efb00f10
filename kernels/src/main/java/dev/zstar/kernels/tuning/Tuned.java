package dev.zstar.kernels.tuning;

import dev.zstar.kernels.simd.tuning.Profile;
import dev.zstar.kernels.simd.tuning.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The result of a {@link Tuner}.
 *
 * @param cpu the model of the processor
 * @param bits the width of its vectors
 * @param trials everything that was tried
 * @param taken the settings, by name, that were better than their defaults one by one
 * @param gain the speed of all of these together, relative to the defaults: the median of new rounds; NaN if there were none
 * @param worst the worst of these rounds
 * @param confirmed whether these rounds confirm a gain
 */
public record Tuned(String cpu, int bits, List<Trial> trials, Map<String, Long> taken, double gain, double worst, boolean confirmed) {
    /**
     * A value that was tried.
     *
     * @param setting the name of the setting
     * @param baseline the value to beat
     * @param value the value that was tried
     * @param rounds how often the two were compared
     * @param gain the speed relative to the baseline: the median of the rounds; NaN if there were none
     * @param worst the worst round
     * @param taken whether the value became the new baseline
     */
    public record Trial(String setting, long baseline, long value, int rounds, double gain, double worst, boolean taken) {}

    /** Copies the collections. */
    public Tuned {
        trials = List.copyOf(trials);
        taken = Collections.unmodifiableMap(new LinkedHashMap<>(taken));
    }

    /** Whether the result is worth saving: a gain, or enough rounds to rule one out. On a busy machine there may be neither. */
    public boolean conclusive() {
        return confirmed || trials.stream().allMatch(trial -> trial.rounds() >= Tuner.LEAST);
    }

    /** Where the engine looks for a profile; empty if nowhere. */
    public static Optional<Path> profileFile() {
        return Profile.file();
    }

    /**
     * Checks before the search that a profile can be written to this file.
     *
     * @throws IllegalArgumentException if it is another kind of file
     * @throws UncheckedIOException if the folder cannot be written
     */
    public static void requireWritable(Path file) {
        if (Files.exists(file)) {
            try {
                Profile.read(file);
            } catch (IOException | IllegalArgumentException e) {
                throw new IllegalArgumentException(file + " exists and is not a tuning profile; choose another file with --out");
            }
        }
        Path folder = file.toAbsolutePath().getParent();
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, ".zstar", null));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "nothing can be written in " + folder + " (" + e.getClass().getSimpleName() + "); choose another file with --out", e);
        }
    }

    /**
     * Writes the confirmed settings as a profile. If there are none, the profile keeps every default.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    public void write(Path file, String comment) {
        Map<Setting, Long> values = new EnumMap<>(Setting.class);
        if (confirmed) {
            taken.forEach((name, value) -> values.put(Setting.named(name), value));
        }
        try {
            new Profile(cpu, bits, values).write(file, comment);
        } catch (IOException e) {
            throw new UncheckedIOException("the profile could not be written to " + file + ": " + e.getMessage(), e);
        }
    }
}
