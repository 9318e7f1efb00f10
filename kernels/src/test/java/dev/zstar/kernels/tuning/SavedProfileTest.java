package dev.zstar.kernels.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.simd.tuning.Profile;
import dev.zstar.kernels.simd.tuning.Tuning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Why a file is not the profile of this processor. */
class SavedProfileTest {
    @Test
    void onlyAProfileOfThisProcessorIsUsed(@TempDir Path temp) throws IOException {
        Path file = temp.resolve("profile.properties");
        Profile here = Tuning.defaults();
        here.write(file, "a comment");
        assertThat(SavedProfile.refusal(file)).isEmpty();
        new Profile("another cpu", 256, Map.of()).write(file, "a comment");
        assertThat(SavedProfile.refusal(file)).contains("it was made on 'another cpu' with 256-bit vectors, and this is '" + here.cpu()
                + "' with " + here.bits() + "-bit vectors");
        Files.writeString(file, "cpu = x\n");
        assertThat(SavedProfile.refusal(file)).contains("it lacks the keys cpu or vector.bits, expected both, which say where it was made");
        assertThat(SavedProfile.refusal(temp.resolve("missing"))).contains("it cannot be read (NoSuchFileException)");
    }
}
