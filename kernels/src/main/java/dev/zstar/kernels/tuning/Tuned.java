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
 * @param checks the settings that were better than their defaults, compared with the defaults on held-out cases
 * @param kept the settings, by name, that the held-out cases confirmed
 * @param gain the speed of all of these together, relative to the defaults, on the held-out cases: the median of the rounds; NaN if there
 *     are none
 * @param slowest the same for the slowest of these cases
 */
public record Tuned(
        String cpu, int bits, List<Trial> trials, List<Check> checks, Map<String, Long> kept, double gain, double slowest) {
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
    public record Trial(String setting, long baseline, long value, int rounds, double gain, double worst, boolean taken) {
        private boolean conclusive() {
            return rounds >= Rounds.LEAST || worst <= 1;
        }
    }

    /**
     * A setting that was taken, on its own, on cases that had no part in its choice.
     *
     * @param value the value that was taken
     * @param rounds how often it was compared with the default
     * @param gain the speed relative to the default: the median of the rounds; NaN if there were none
     * @param slowest the same for the slowest case
     * @param objection why it is dropped, as the end of a sentence; empty if it is kept
     */
    public record Check(String setting, long value, int rounds, double gain, double slowest, String objection) {
        static Check of(String setting, long value, Gains gains) {
            return new Check(setting, value, gains.rounds(), gains.median(), gains.slowestCase(), gains.objection());
        }

        Check dropped(String why) {
            return new Check(setting, value, rounds, gain, slowest, why);
        }

        /** Whether the profile has it. */
        public boolean kept() {
            return objection.isEmpty();
        }
    }

    /** Copies the collections. */
    public Tuned {
        trials = List.copyOf(trials);
        checks = List.copyOf(checks);
        kept = Collections.unmodifiableMap(new LinkedHashMap<>(kept));
    }

    /**
     * Whether the result is worth saving: a gain, or for each value a lost round or enough rounds to rule one out. On a busy machine
     * there may be neither.
     */
    public boolean conclusive() {
        return !kept.isEmpty() || trials.stream().allMatch(Trial::conclusive)
                && checks.stream().allMatch(check -> check.rounds() >= Rounds.LEAST);
    }

    /** Where the engine looks for a profile; empty if nowhere. */
    public static Optional<Path> profileFile() {
        return Profile.file();
    }

    /**
     * Checks before the search that a profile can be written to this file.
     *
     * @throws IllegalArgumentException if it is another kind of file, or the profile of another processor
     * @throws UncheckedIOException if the folder cannot be written
     */
    public static void requireWritable(Path file) {
        if (Files.exists(file)) {
            Profile existing;
            try {
                existing = Profile.read(file);
            } catch (IOException | IllegalArgumentException e) {
                throw new IllegalArgumentException(file + " exists and is not a tuning profile; choose another file with --out");
            }
            SavedProfile.mismatch(existing).ifPresent(mismatch -> {
                throw new IllegalArgumentException(file + " is a profile of another processor: " + mismatch
                        + "; choose another file with --out");
            });
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
     * Writes the settings that are kept as a profile. If there are none, the profile keeps every default.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    public void write(Path file, String comment) {
        Map<Setting, Long> values = new EnumMap<>(Setting.class);
        kept.forEach((name, value) -> values.put(Setting.named(name), value));
        try {
            new Profile(cpu, bits, values).write(file, comment);
        } catch (IOException e) {
            throw new UncheckedIOException("the profile could not be written to " + file + ": " + e.getMessage(), e);
        }
    }
}
