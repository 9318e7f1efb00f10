package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.zstar.kernels.Block;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Weights in files of numpy and safetensors. */
class WeightsTensorTest {
    @TempDir
    private Path temp;

    /** A file of f32 numbers as numpy writes it. */
    private static byte[] npy(String shape, float... numbers) {
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
        String padded = header + " ".repeat(63 - (10 + header.length()) % 64) + "\n";
        ByteBuffer file = ByteBuffer.allocate(10 + padded.length() + 4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1).put((byte) 0);
        file.putShort((short) padded.length());
        file.put(padded.getBytes(StandardCharsets.US_ASCII));
        for (float number : numbers) {
            file.putFloat(number);
        }
        return file.array();
    }

    /** A file of two square matrices and a vector. */
    private static byte[] safetensors() {
        String header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[4,20]},"
                + "\"c\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[20,28]}}";
        ByteBuffer file = ByteBuffer.allocate(8 + header.length() + 28).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < 7; i++) {
            file.putFloat(i / 10f);
        }
        return file.array();
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(temp.resolve(name), bytes);
    }

    private static float[] read(Path file, String tensor) {
        try (Block w = WeightsTensor.read(file, tensor)) {
            return w.toFloats();
        }
    }

    @Test
    void theOnlySquareMatrixOrTheOneThatIsNamedIsRead() throws IOException {
        assertThat(read(file("w.npy", npy("(2, 2)", 1.5f, -2, 0.25f, 30)), null)).containsExactly(1.5f, -2, 0.25f, 30);
        assertThat(read(file("w.safetensors", safetensors()), "b")).containsExactly(0.1f, 0.2f, 0.3f, 0.4f);
    }

    @Test
    void whatIsNoMatrixIsOneSentence() throws IOException {
        Path file = file("w.safetensors", safetensors());
        String start = "the weights " + file + ": ";
        assertThatThrownBy(() -> read(file, null)).hasMessage(start + "it has 2 square matrices; choose one with --tensor: a, b");
        assertThatThrownBy(() -> read(file, "c")).hasMessage(start + "tensor 'c' of shape [2]; expected a square matrix");
        assertThatThrownBy(() -> read(file, "d"))
                .hasMessage(start + "it has no tensor 'd'; expected 'a' of shape [1, 1], 'b' of shape [2, 2], 'c' of shape [2]");
        Path wide = file("w.npy", npy("(1, 2)", 1, 2));
        assertThatThrownBy(() -> read(wide, null))
                .hasMessage("the weights " + wide + ": it has no square matrix; expected one, but found 'w' of shape [1, 2]");
        Path infinite = file("i.npy", npy("(2, 2)", 1, 2, Float.NaN, 4));
        assertThatThrownBy(() -> read(infinite, null))
                .hasMessage("the weights " + infinite + ": tensor 'i', row 1, column 0: NaN; expected a finite number of f32");
        Path missing = temp.resolve("missing.npy");
        assertThatThrownBy(() -> read(missing, null))
                .hasMessage("the weights " + missing + ": there is no such file; expected a file of tensors");
        assertThatThrownBy(() -> read(Files.createDirectory(temp.resolve("folder.npz")), null))
                .hasMessageEndingWith("it is a folder; expected a file of tensors");
    }

    @Test
    void wholeNumbersAreRefusedAsParametersRefuseThem() throws IOException {
        byte[] bytes = npy("(1, 2)", 0, 0);
        String header = new String(bytes, StandardCharsets.ISO_8859_1).replace("<f4", "<i8").replace("(1, 2)", "(1, 1)");
        Path whole = file("w.npy", header.getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> read(whole, null)).isInstanceOf(IllegalArgumentException.class).hasMessage("the weights " + whole
                + ": the elements of tensor 'w' are I64; expected one of [F64, F32, BF16, F16]");
    }

    @Test
    void aDamagedFileIsReadOrRefused() throws IOException {
        Random random = new Random(1);
        byte[][] sources = {npy("(2, 2)", 1, 2, 3, 4), safetensors()};
        String[] names = {"w.npy", "w.safetensors"};
        long live = Block.liveBytes();
        for (int trial = 0; trial < 2_000; trial++) {
            byte[] bytes = sources[trial % 2].clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Path file = file(names[trial % 2], bytes);
            Throwable refusal = catchThrowable(() -> read(file, trialTensor(bytes)));
            if (refusal != null) {
                assertThat(refusal).isInstanceOf(IllegalArgumentException.class);
                assertThat(refusal.getMessage()).startsWith("the weights " + temp).doesNotContain("\n");
            }
        }
        assertThat(Block.liveBytes()).isEqualTo(live);
    }

    private static String trialTensor(byte[] bytes) {
        return bytes.length % 2 == 0 ? null : "b";
    }

    @Test
    void solveTakesThem() throws IOException {
        StringWriter out = new StringWriter();
        CommandLine line = Zstar.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(out, true));
        String file = file("w.safetensors", safetensors()).toString();
        assertThat(line.execute("solve", "--steady", "0", "--engine", "scalar", "--weights", file, "--tensor", "b")).as(out.toString())
                .isZero();
        assertThat(line.execute("solve", "--tensor", "b")).isEqualTo(2);
        assertThat(out.toString()).endsWith("zstar: --tensor b without --weights; expected an npy, npz or safetensors file\n");
    }
}
