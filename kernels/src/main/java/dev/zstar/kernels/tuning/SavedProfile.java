package dev.zstar.kernels.tuning;

import dev.zstar.kernels.Engines;
import dev.zstar.kernels.simd.tuning.Profile;
import dev.zstar.kernels.simd.tuning.Tuning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The tuning profile that the {@code simd} engine finds, and whether it uses it.
 *
 * @param file where the engine looks; empty if nowhere
 * @param state {@code used}, {@code ignored}, or {@code none} if there is no file
 * @param reason why it is ignored, as part of a sentence; empty if it is not
 */
public record SavedProfile(Optional<Path> file, String state, Optional<String> reason) {
    /** Looks where the engine looks. */
    public static SavedProfile find() {
        Optional<Path> file = Profile.file();
        if (file.isEmpty() || Files.notExists(file.get())) {
            return new SavedProfile(file, "none", Optional.empty());
        }
        Optional<String> reason = refusal(file.get());
        return new SavedProfile(file, reason.isPresent() ? "ignored" : "used", reason);
    }

    /** Why the engine would ignore this file, as part of a sentence; empty if it would not. */
    static Optional<String> refusal(Path file) {
        if (!runs()) {
            return Optional.of("only the simd engine has settings, and it cannot run here");
        }
        try {
            return mismatch(Profile.read(file));
        } catch (IOException e) {
            return Optional.of("it cannot be read (" + e.getClass().getSimpleName() + ")");
        } catch (IllegalArgumentException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** Why a profile does not hold for this processor; empty if it does, or if the engine cannot run here to say so. */
    static Optional<String> mismatch(Profile profile) {
        if (!runs()) {
            return Optional.empty();
        }
        Profile here = Tuning.defaults();
        return profile.mismatch(here.cpu(), here.bits());
    }

    private static boolean runs() {
        return Engines.providers().stream().anyMatch(provider -> provider.name().equals("simd") && provider.unavailable().isEmpty());
    }
}
