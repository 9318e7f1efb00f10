package dev.zstar.solvers.tensors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small files, damaged in every way: each is either refused with one sentence, or all of its tensors can be read. What they then hold is
 * checked as far as the format allows: tensors of a safetensors or npy file are the bytes after the header, and an npz file has checksums.
 */
class MutatedFilesTest {
    /** Random damages of each format; two files share those of npz. */
    private static final int RANDOM = 10_000;
    private static final long[] EXTREMES = {0, 1, -1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000L, 0xFFFFFFFFL,
        Long.MAX_VALUE, Long.MIN_VALUE};

    @TempDir
    private Path folder;
    private Path path;
    private byte[] original;
    private final Map<String, double[]> values = new HashMap<>();
    private int opened;
    private int refused;

    private void start(String name) throws IOException {
        original = References.bytes(name);
        if (name.endsWith(".json")) {
            References.copy(folder, "types.safetensors");
        }
        path = folder.resolve(name);
        Files.write(path, original);
        try (TensorFile file = TensorFile.open(path)) {
            for (String each : file.names()) {
                values.put(each, file.get(each).toDoubles());
            }
        }
    }

    private void check(byte[] bytes) throws IOException {
        Files.write(path, bytes);
        try (TensorFile file = TensorFile.open(path)) {
            opened++;
            for (String name : file.names()) {
                Tensor tensor = file.get(name);
                double[] now = tensor.toDoubles();
                assertThat((long) now.length).isEqualTo(tensor.count());
                assertThat(tensor.bytes().byteSize()).isEqualTo(now.length * (long) tensor.type().bytes());
                try (Block block = tensor.toBlock(Type.F64)) {
                    assertThat(block.toDoubles()).isEqualTo(now);
                }
                if (path.toString().endsWith(".npz")) {
                    assertThat(now).isEqualTo(values.get(name));
                }
            }
            if (!path.toString().endsWith(".npz") && !path.toString().endsWith(".json")) {
                requireDataOf(bytes, file);
            }
        } catch (MalformedFileException e) {
            refused++;
            assertThat(e.file().getParent()).isEqualTo(folder);
            assertThat(e).hasMessageStartingWith(path + ": ").hasNoCause();
            assertThat(e.getMessage()).doesNotContain("\n", "\r", "Exception", "null,").hasSizeLessThan(path.toString().length() + 500);
        }
    }

    /** The tensors are the end of the file, in order and without gaps. */
    private static void requireDataOf(byte[] bytes, TensorFile file) throws IOException {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (String name : file.names()) {
            MemorySegment segment = file.get(name).bytes();
            data.write(segment.toArray(ValueLayout.JAVA_BYTE));
        }
        assertThat(data.toByteArray()).isEqualTo(Arrays.copyOfRange(bytes, bytes.length - data.size(), bytes.length));
    }

    @ParameterizedTest
    @ValueSource(strings = {"shapes.safetensors", "columnmajor.npy", "bigendian.npy", "stored.npz", "compressed.npz", "index.json"})
    void everyByteChangedEveryLengthCut(String name) throws IOException {
        start(name);
        for (int at = 0; at < original.length; at++) {
            for (int change : new int[] {0xFF, 1 << at % 8, original[at] ^ '9', original[at]}) {
                byte[] bytes = original.clone();
                bytes[at] = (byte) (bytes[at] ^ change);
                check(bytes);
            }
            if (at > 0) {
                check(Arrays.copyOf(original, at));
            }
            check(Arrays.copyOf(original, original.length + at + 1));
        }
        assertThat(opened).isPositive();
        assertThat(refused).isGreaterThan(original.length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"shapes.safetensors", "columnmajor.npy", "stored.npz", "compressed.npz", "index.json"})
    void randomDamage(String name) throws IOException {
        start(name);
        Random random = new Random(name.hashCode());
        int count = name.endsWith(".npz") ? RANDOM / 2 : RANDOM;
        for (int i = 0; i < count; i++) {
            byte[] bytes = original;
            for (int damage = random.nextInt(3); damage >= 0; damage--) {
                bytes = damaged(bytes, random);
            }
            if (bytes.length > 0) {
                check(bytes);
            }
        }
        assertThat(opened).isPositive();
        assertThat(refused).isGreaterThan(count / 10);
    }

    private static byte[] damaged(byte[] bytes, Random random) {
        if (bytes.length == 0) {
            return bytes;
        }
        byte[] copy = bytes.clone();
        int at = random.nextInt(bytes.length);
        int length = Math.min(1 + random.nextInt(12), bytes.length - at);
        switch (random.nextInt(8)) {
            case 0 -> copy[at] = (byte) random.nextInt();
            case 1 -> copy[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> {
                // A digit for a digit: numbers that are wrong in a file that is well-formed.
                for (int k = at; k < copy.length; k++) {
                    if (copy[k] >= '0' && copy[k] <= '9') {
                        copy[k] = (byte) ('0' + random.nextInt(10));
                        break;
                    }
                }
            }
            case 3 -> {
                long extreme = EXTREMES[random.nextInt(EXTREMES.length)];
                for (int k = 0; k < Math.min(8, length); k++) {
                    copy[at + k] = (byte) (extreme >> 8 * k);
                }
            }
            case 4 -> copy = joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at + length, bytes.length));
            case 5 -> copy = joined(Arrays.copyOf(bytes, at + length), Arrays.copyOfRange(bytes, at, bytes.length));
            case 6 -> {
                int from = random.nextInt(bytes.length - length + 1);
                System.arraycopy(bytes, from, copy, at, length);
            }
            default -> {
                byte[] text = new String[] {"0", ",", "}", "\"", "[", "1e9", "-", "99999999999999999999", "\\u0000", "'", "L", "(", "\n"}[
                        random.nextInt(13)].getBytes(StandardCharsets.US_ASCII);
                copy = joined(joined(Arrays.copyOf(bytes, at), text), Arrays.copyOfRange(bytes, at, bytes.length));
            }
        }
        return copy;
    }

    private static byte[] joined(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
