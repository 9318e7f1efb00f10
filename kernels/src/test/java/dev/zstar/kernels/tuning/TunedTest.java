package dev.zstar.kernels.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.simd.tuning.Profile;
import dev.zstar.kernels.simd.tuning.Setting;
import dev.zstar.kernels.simd.tuning.Tuning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The result of a search, as a profile. */
class TunedTest {
    private static final Profile HERE = Tuning.defaults();

    private static Tuned tuned(boolean confirmed, int rounds) {
        return new Tuned(HERE.cpu(), HERE.bits(), List.of(new Tuned.Trial("zstar.gemm.pack", 64, 16, rounds, 1.1, 1.05, true)), List.of(),
                confirmed ? Map.of("zstar.gemm.pack", 16L) : Map.of(), 1.1, 1.05);
    }

    @Test
    void onlyWhatWasConfirmedIsWritten(@TempDir Path temp) throws IOException {
        Path file = temp.resolve("folder").resolve("profile.properties");
        Tuned.requireWritable(file);
        tuned(true, 5).write(file, "a comment");
        assertThat(Profile.read(file)).isEqualTo(new Profile(HERE.cpu(), HERE.bits(), Map.of(Setting.GEMM_PACK, 16L)));
        Tuned.requireWritable(file);
        tuned(false, 5).write(file, "a comment");
        assertThat(Profile.read(file).values()).isEmpty();
    }

    @Test
    void anotherFileIsLeftAlone(@TempDir Path temp) throws IOException {
        Path file = Files.writeString(temp.resolve("letter.txt"), "dear");
        assertThatThrownBy(() -> Tuned.requireWritable(file)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + " exists and is not a tuning profile; choose another file with --out");
        assertThat(file).hasContent("dear");
    }

    @Test
    void aProfileOfAnotherProcessorIsLeftAlone(@TempDir Path temp) throws IOException {
        Path file = temp.resolve("profile.properties");
        new Profile("another cpu", 512, Map.of()).write(file, "a comment");
        assertThatThrownBy(() -> Tuned.requireWritable(file)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(file + " is a profile of another processor: it was made on 'another cpu' with 512-bit vectors, and "
                        + "this is '")
                .hasMessageEndingWith("; choose another file with --out");
    }

    @Test
    void aSearchWithoutRoundsIsNotConclusive() {
        assertThat(tuned(false, 3).conclusive()).isTrue();
        assertThat(tuned(false, 2).conclusive()).isFalse();
        assertThat(tuned(true, 2).conclusive()).isTrue();
    }
}
