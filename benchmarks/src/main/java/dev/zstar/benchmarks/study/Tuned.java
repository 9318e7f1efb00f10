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
 * @param trials everything that was tried
 * @param taken the settings, by name, that were better than their defaults one by one
 * @param gain how many times as fast as the defaults all of these together were: the median of new rounds; NaN if there were none
 * @param worst the worst of these rounds
 * @param confirmed whether that is a gain
 */
public record Tuned(String cpu, int bits, List<Trial> trials, Map<String, Long> taken, double gain, double worst, boolean confirmed) {
    /**
     * A value that was tried.
     *
     * @param setting its name
     * @param baseline the value it had to beat
     * @param value the value tried
     * @param rounds how often it was compared
     * @param gain how many times as fast as the baseline: the median of the rounds; NaN if there were none
     * @param worst the worst round
     * @param taken whether it is the new baseline
     */
    public record Trial(String setting, long baseline, long value, int rounds, double gain, double worst, boolean taken) {}

    /** Copies. */
    public Tuned {
        trials = List.copyOf(trials);
        taken = Collections.unmodifiableMap(new LinkedHashMap<>(taken));
    }

    /** Whether there is something to keep: a gain, or the proof that there is none. A busy machine may have shown neither. */
    public boolean conclusive() {
        return confirmed || trials.stream().allMatch(trial -> trial.rounds() >= Tuner.LEAST);
    }

    /** Where the engine looks for a profile; empty if nowhere. */
    public static Optional<Path> profilePath() {
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

    /** Writes what was taken and confirmed as a profile; if that is nothing, one that leaves every default. */
    public void write(Path file, String comment) {
        Map<Setting, Long> values = new EnumMap<>(Setting.class);
        if (confirmed) {
            taken.forEach((name, value) -> values.put(Setting.named(name), value));
        }
        try {
            new Profile(cpu, bits, values).write(file, comment);
        } catch (IOException e) {
            throw new StudyException("the profile could not be written to " + file + ": " + e.getMessage());
        }
    }
}
