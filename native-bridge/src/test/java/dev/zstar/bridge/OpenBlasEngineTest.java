package dev.zstar.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The engine on the bundled library; on a platform that has the jar it must be there. */
class OpenBlasEngineTest {
    @Test
    void theBundledLibraryIsFoundAndSaysWhatItIs() {
        OpenBlasProvider provider = new OpenBlasProvider();
        assertThat(provider.unavailable()).isEmpty();
        assertThat(provider.description()).startsWith("OpenBLAS 0.3.").endsWith(", bundled");
        assertThat(Engines.best(1).name()).isEqualTo("simd");
    }

    private static Block random(Type type, int rows, int cols, long seed) {
        Block block = Block.allocate(type, rows, cols);
        Random random = new Random(seed);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, random.nextGaussian());
            }
        }
        return block;
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void productsAreWithinTheBoundOfTheExactSum(Type type) {
        try (Engine engine = Engines.named("openblas", 2)) {
            for (int n : new int[] {1, 2, 7, 13, 64, 65, 200}) {
                int inputs = (n * 7 + 3) % 97 + 1;
                for (int batch : new int[] {1, 3, 8}) {
                    try (Block w = random(type, n, inputs, 1);
                            Weights packed = engine.pack(w);
                            Block bias = random(type, 1, n, 2);
                            Block z = random(type, batch, inputs, 3);
                            Block injection = random(type, 9, n, 4);
                            Block u = random(type, batch, n, 5);
                            Block out = random(type, batch, n, 6);
                            Block back = random(type, batch, inputs, 6);
                            Block outer = random(type, n, inputs, 6);
                            Block before = random(type, n, inputs, 6)) {
                        out.fill(Double.NaN);
                        back.fill(Double.NaN);
                        Rows rows = new Rows(9);
                        rows.place(0, 8);
                        rows.truncate(batch);
                        engine.apply(packed, z, out, new Epilogue(bias, injection, rows, Activation.RELU, null));
                        engine.applyTransposed(packed, u, back);
                        engine.addOuter(u, z, outer);
                        // Any order of summation: γ of the number of terms.
                        double γ = 1.01 * (inputs + n + batch + 3) * type.unitRoundoff();
                        for (int p = 0; p < batch; p++) {
                            for (int i = 0; i < n; i++) {
                                double sum = bias.get(0, i) + injection.get(rows.index(p), i);
                                double size = Math.abs(bias.get(0, i)) + Math.abs(injection.get(rows.index(p), i));
                                for (int k = 0; k < inputs; k++) {
                                    sum += w.get(i, k) * z.get(p, k);
                                    size += Math.abs(w.get(i, k) * z.get(p, k));
                                }
                                assertThat(Math.abs(out.get(p, i) - Math.max(sum, 0))).isLessThanOrEqualTo(γ * size);
                            }
                            for (int k = 0; k < inputs; k++) {
                                double sum = 0;
                                double size = 0;
                                for (int i = 0; i < n; i++) {
                                    sum += w.get(i, k) * u.get(p, i);
                                    size += Math.abs(w.get(i, k) * u.get(p, i));
                                }
                                assertThat(Math.abs(back.get(p, k) - sum)).isLessThanOrEqualTo(γ * size);
                            }
                        }
                        for (int i = 0; i < n; i++) {
                            for (int k = 0; k < inputs; k++) {
                                double sum = before.get(i, k);
                                double size = Math.abs(sum);
                                for (int p = 0; p < batch; p++) {
                                    sum += u.get(p, i) * z.get(p, k);
                                    size += Math.abs(u.get(p, i) * z.get(p, k));
                                }
                                assertThat(Math.abs(outer.get(i, k) - sum)).isLessThanOrEqualTo(γ * size);
                            }
                        }
                    }
                }
            }
        }
    }

    @Test
    void misfitsAndForeignWeightsAreNamed() {
        try (Engine engine = Engines.named("openblas", 1);
                Engine scalar = Engines.named("scalar", 1);
                Block w = Block.allocate(Type.F32, 3, 4);
                Weights packed = engine.pack(w);
                Weights theirs = scalar.pack(w);
                Block z = Block.allocate(Type.F32, 2, 4);
                Block narrow = Block.allocate(Type.F32, 2, 5);
                Block out = Block.allocate(Type.F32, 2, 3)) {
            assertThatThrownBy(() -> engine.apply(packed, narrow, out, Epilogue.NONE)).hasMessage("apply: z is 2×5 f32, expected 2×4 f32");
            assertThatThrownBy(() -> engine.apply(theirs, z, out, Epilogue.NONE)).hasMessageContaining("pack them with it");
        }
    }

    @Test
    void extractionRepairsAFileAndRefusesAFolderThatOthersCanWrite(@TempDir Path temp) throws IOException {
        String prefix = "org/bytedeco/openblas/linux-x86_64/";
        List<String> names = List.of("libquadmath.so.0", "there is no such file");
        ClassLoader loader = ClassLoader.getSystemClassLoader();
        Path folder = temp.resolve("cache");
        Path file = NativeFiles.extract(loader, prefix, names, folder).resolve("libquadmath.so.0");
        byte[] good = Files.readAllBytes(file);
        assertThat(Files.getPosixFilePermissions(folder)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        byte[] bad = good.clone();
        bad[100] ^= 1;
        Files.write(file, bad);
        NativeFiles.extract(loader, prefix, names, folder);
        assertThat(Files.readAllBytes(file)).isEqualTo(good);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> NativeFiles.extract(loader, prefix, names, folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("can be written by others");
    }
}
