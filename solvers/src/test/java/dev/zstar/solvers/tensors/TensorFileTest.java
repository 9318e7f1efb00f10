package dev.zstar.solvers.tensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of numpy and of the official safetensors library are read as they were meant, and so is what the user asks of them. */
class TensorFileTest {
    @TempDir
    private Path folder;

    private static double[] expected(String name) {
        double[] values = new double[6];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (name.charAt(0)) {
                case 'f' -> References.quarter(i);
                case 'i' -> i - 3;
                case 'u' -> i;
                default -> name.startsWith("bf") ? References.quarter(i) : name.startsWith("bigi") ? i - 3 : i % 2;
            };
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(strings = {"types.safetensors", "types.npz"})
    void everyElementTypeIsRead(String name) throws IOException {
        try (TensorFile file = TensorFile.open(References.copy(folder, name))) {
            assertThat(file.names()).hasSize(13);
            for (String each : file.names()) {
                Tensor tensor = file.get(each);
                double[] expected = expected(each);
                assertThat(tensor.name()).isEqualTo(each);
                assertThat(tensor.count()).isEqualTo(6);
                assertThat(tensor.toDoubles()).as(each).containsExactly(expected);
                assertThat(tensor.bytes().byteSize()).isEqualTo(6L * tensor.type().bytes());
                assertThat(tensor.bytes().isReadOnly()).isTrue();
                for (Type type : Type.values()) {
                    try (Block block = Block.allocate(type, 6, 1)) {
                        tensor.copyTo(block);
                        assertThat(block.toDoubles()).as(each).containsExactly(expected);
                    }
                }
                for (int i = 0; i < 6; i++) {
                    assertThat(tensor.get(i)).isEqualTo(expected[i]);
                    assertThat(tensor.toFloats()[i]).isEqualTo((float) expected[i]);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rowmajor.npy", "columnmajor.npy", "bigendian.npy", "version2.npy", "version3.npy"})
    void everyOrderOfAnArrayIsRowMajorToTheReader(String name) throws IOException {
        try (TensorFile file = TensorFile.open(References.copy(folder, name))) {
            Tensor tensor = file.get(name.replace(".npy", ""));
            assertThat(tensor.shape()).containsExactly(2, 3, 4);
            assertThat(tensor.order()).isEqualTo(name.startsWith("big") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
            assertThat(tensor.strides()).containsExactly(name.startsWith("column") ? new long[] {1, 2, 6} : new long[] {12, 4, 1});
            try (Block block = tensor.toBlock(Type.F32)) {
                assertThat(block.shape()).isEqualTo("2×12 f32");
                for (int i = 0; i < 24; i++) {
                    assertThat(tensor.get(i)).isEqualTo(References.quarter(i));
                    assertThat(block.get(i / 12, i % 12)).isEqualTo(References.quarter(i));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"stored.npz", "compressed.npz"})
    void archivesOfNumpyAreReadCompressedOrNot(String name) throws IOException {
        Path path = References.copy(folder, name);
        try (TensorFile file = TensorFile.open(path)) {
            assertThat(file.names()).startsWith("layer/weight", "bias");
            assertThat(file.metadata()).isEmpty();
            for (int i = 0; i < 24; i++) {
                assertThat(file.get("layer/weight").get(i)).isEqualTo(References.quarter(i));
            }
            assertThat(file.get("bias").toDoubles()).containsExactly(0, 1, 2);
        }
        if (name.startsWith("compressed")) {
            // 224, 152 and 32128 bytes.
            TensorFile.open(path, 32_504).close();
            assertThatThrownBy(() -> TensorFile.open(path, 32_503)).isInstanceOf(MalformedFileException.class)
                    .hasMessage(path + ": the entry 'zeros.npy' has 32128 bytes when decompressed, expected at most 32503 in all entries; "
                            + "TensorFile.open takes another limit");
        }
    }

    @Test
    void shapesWithoutElementsAndWithoutAxes() throws IOException {
        try (TensorFile file = TensorFile.open(References.copy(folder, "shapes.safetensors"));
                Block scalar = file.get("scalar").toBlock(Type.F64);
                Block empty = file.get("empty").toBlock(Type.F32);
                Block vector = file.get("naïve \"quoted\"\n").toBlock(Type.F32)) {
            assertThat(file.names()).containsExactly("conv.weight", "empty", "naïve \"quoted\"\n", "scalar");
            assertThat(scalar.shape()).isEqualTo("1×1 f64");
            assertThat(scalar.get(0, 0)).isEqualTo(2.5);
            assertThat(empty.shape()).isEqualTo("0×3 f32");
            assertThat(vector.shape()).isEqualTo("1×2 f32");
            assertThat(vector.toDoubles()).containsExactly(1, 2);
            assertThatThrownBy(() -> file.get("empty").get(0)).hasMessage("get: element 0 of tensor 'empty', expected none");
        }
        try (TensorFile file = TensorFile.open(References.copy(folder, "scalar.npy"))) {
            assertThat(file.get("scalar").shape()).isEmpty();
            assertThat(file.get("scalar").toDoubles()).containsExactly(2.5);
        }
    }

    @Test
    void axesArePermutedWithoutACopy() throws IOException {
        try (TensorFile file = TensorFile.open(References.copy(folder, "shapes.safetensors"))) {
            Tensor stored = file.get("conv.weight");
            Tensor permuted = stored.permuted(0, 2, 1);
            assertThat(stored.shape()).containsExactly(2, 4, 3);
            assertThat(permuted.shape()).containsExactly(2, 3, 4);
            assertThat(permuted.bytes().address()).isEqualTo(stored.bytes().address());
            for (int i = 0; i < 24; i++) {
                assertThat(permuted.get(i)).isEqualTo(References.quarter(i));
            }
            assertThat(permuted.permuted(0, 2, 1).toDoubles()).isEqualTo(stored.toDoubles());
            assertThat(file.get("empty").permuted(1, 0).toDoubles()).isEmpty();
            for (int[] wrong : new int[][] {{0, 1}, {0, 1, 1}, {1, 2, 3}, {0, 1, 2, 3}}) {
                assertThatThrownBy(() -> stored.permuted(wrong)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("permuted: the axes are [").hasMessageEndingWith(", expected each of 0 to 2 once");
            }
        }
    }

    @Test
    void aBlockMustHaveAShapeThatTheTensorSplitsInto() throws IOException {
        try (TensorFile file = TensorFile.open(References.copy(folder, "rowmajor.npy"))) {
            Tensor tensor = file.get("rowmajor");
            for (int[] shape : new int[][] {{1, 24}, {2, 12}, {6, 4}, {24, 1}}) {
                try (Block block = Block.allocate(Type.F64, shape[0], shape[1])) {
                    tensor.copyTo(block);
                    assertThat(block.toDoubles()).isEqualTo(tensor.toDoubles());
                }
            }
            for (int[] shape : new int[][] {{12, 2}, {4, 6}, {3, 8}, {2, 11}, {0, 24}}) {
                try (Block block = Block.allocate(Type.F32, shape[0], shape[1])) {
                    assertThatThrownBy(() -> tensor.copyTo(block)).isInstanceOf(IllegalArgumentException.class)
                            .hasMessage("copyTo: the block is " + shape[0] + "×" + shape[1]
                                    + " f32, expected 1×24, 2×12, 6×4 or 24×1 for tensor 'rowmajor' of shape [2, 3, 4]");
                }
            }
        }
    }

    @Test
    void namesCanBeChanged() throws IOException {
        try (TensorFile file = TensorFile.open(References.copy(folder, "stored.npz"))) {
            TensorFile dotted = file.renamed(name -> name.replace('/', '.'));
            assertThat(dotted.names()).containsExactly("layer.weight", "bias");
            assertThat(dotted.get("layer.weight").name()).isEqualTo("layer.weight");
            assertThat(dotted.get("layer.weight").toDoubles()).isEqualTo(file.get("layer/weight").toDoubles());
            assertThat(file.renamed(Map.of("bias", "b")).names()).containsExactly("layer/weight", "b");
            assertThatThrownBy(() -> file.renamed(_ -> "x"))
                    .hasMessage("renamed: 'layer/weight' and 'bias' are both renamed to 'x', expected names that differ");
            assertThatThrownBy(() -> file.renamed(_ -> null)).isInstanceOf(NullPointerException.class)
                    .hasMessage("renamed: the new name of 'layer/weight' is null");
            assertThatThrownBy(() -> file.renamed(Map.of("bais", "b"))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("renamed: " + folder.resolve("stored.npz")
                            + " has no tensor 'bais', expected one of 'bias', 'layer/weight'");
            dotted.close();
            assertThatThrownBy(() -> file.get("bias")).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aMissingNameListsTheNearestOnes() throws IOException {
        Path path = References.copy(folder, "types.safetensors");
        try (TensorFile file = TensorFile.open(path)) {
            assertThat(file.contains("f32")).isTrue();
            assertThat(file.contains("f33")).isFalse();
            assertThatThrownBy(() -> file.get("model.u16")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("get: " + path + " has no tensor 'model.u16', expected one of its 13 tensors, such as 'u16', ");
            assertThatThrownBy(() -> file.get(null)).isInstanceOf(NullPointerException.class).hasMessage("get: the name is null");
        }
    }

    @Test
    void useAfterCloseThrows() throws IOException {
        Path path = References.copy(folder, "types.safetensors");
        TensorFile file = TensorFile.open(path);
        Tensor tensor = file.get("f32");
        var bytes = tensor.bytes();
        try (Block block = Block.allocate(Type.F32, 2, 3)) {
            file.close();
            file.close();
            List<Consumer<Object>> fileCalls = List.of(_ -> file.get("f32"), _ -> file.names(), _ -> file.contains("f32"),
                    _ -> file.metadata(), _ -> file.renamed(name -> name), _ -> file.renamed(Map.of()));
            for (Consumer<Object> call : fileCalls) {
                assertThatThrownBy(() -> call.accept(null)).isInstanceOf(IllegalStateException.class)
                        .hasMessageEndingWith(": " + path + " was used after it was closed");
            }
            List<Consumer<Object>> calls = List.of(_ -> tensor.get(0), _ -> tensor.copyTo(block), _ -> tensor.toDoubles(),
                    _ -> tensor.toFloats(), _ -> tensor.toBlock(Type.F32), _ -> tensor.bytes(), _ -> tensor.permuted(1, 0).get(0));
            for (Consumer<Object> call : calls) {
                assertThatThrownBy(() -> call.accept(null)).isInstanceOf(IllegalStateException.class)
                        .hasMessageEndingWith(": tensor 'f32' was used after its file, " + path + ", was closed");
            }
            assertThatThrownBy(() -> bytes.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
            assertThat(file).hasToString("TensorFile[" + path + ", closed]");
        }
    }

    @Test
    void whatCannotBeOpenedSaysWhy() throws IOException {
        assertThatThrownBy(() -> TensorFile.open(null)).isInstanceOf(NullPointerException.class)
                .hasMessage("TensorFile.open: the path is null");
        assertThatThrownBy(() -> TensorFile.open(folder, -1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("TensorFile.open: the limit of decompressed bytes is -1, expected at least 0");
        assertThatThrownBy(() -> TensorFile.open(folder.resolve("no.npy"))).isInstanceOf(NoSuchFileException.class)
                .hasMessage(folder.resolve("no.npy") + ": there is no such file");
        assertThatThrownBy(() -> TensorFile.open(folder)).isInstanceOf(FileSystemException.class)
                .hasMessage(folder + ": this is not a regular file");
        Path empty = Files.createFile(folder.resolve("empty.safetensors"));
        assertThatThrownBy(() -> TensorFile.open(empty)).isInstanceOf(MalformedFileException.class)
                .hasMessage(empty + ": the file is empty, expected tensors");
    }

    @Test
    void withoutAKnownExtensionTheContentsDecide() throws IOException {
        for (String name : List.of("types.safetensors", "rowmajor.npy", "stored.npz")) {
            Path path = Files.write(folder.resolve("weights.bin"), References.bytes(name));
            try (TensorFile file = TensorFile.open(path)) {
                assertThat(file.names()).hasSize(name.startsWith("types") ? 13 : name.startsWith("row") ? 1 : 2);
            }
        }
    }

    private Path sharded(String json) throws IOException {
        return Files.writeString(folder.resolve("model.safetensors.index.json"), json, StandardCharsets.UTF_8);
    }

    @Test
    void aModelInSeveralFilesIsOneFile() throws IOException {
        References.copy(folder, "types.safetensors");
        References.copy(folder, "shapes.safetensors");
        Path index = sharded("""
                {"metadata": {"total_size": 1.5e3, "by": "hand"}, "other": [1, {"a": null}],
                 "weight_map": {"scalar": "shapes.safetensors", "f32": "types.safetensors", "conv.weight": "shapes.safetensors"}}
                """);
        try (TensorFile file = TensorFile.open(index)) {
            assertThat(file.names()).containsExactly("scalar", "f32", "conv.weight");
            assertThat(file.metadata()).isEqualTo(Map.of("total_size", "1.5e3", "by", "hand"));
            assertThat(file.get("scalar").get(0)).isEqualTo(2.5);
            assertThat(file.get("f32").toDoubles()).containsExactly(expected("f32"));
        }
        Map<String, String> wrong = new LinkedHashMap<>();
        wrong.put("{\"weight_map\":{\"scalar\":\"types.safetensors\"}}",
                "the file 'types.safetensors' has no tensor 'scalar', expected one of its 13 tensors, such as ");
        wrong.put("{\"weight_map\":{\"scalar\":\"no.safetensors\"}}",
                "tensor 'scalar' is in the file 'no.safetensors', which does not exist");
        for (String trick : List.of("../shapes.safetensors", "/etc/x.safetensors", "a\\\\b.safetensors", "C:x.safetensors", "", ".",
                "shapes.bin", "\\u0000.safetensors")) {
            wrong.put("{\"weight_map\":{\"scalar\":\"" + trick + "\"}}", "tensor 'scalar' is in the file '");
        }
        wrong.put("{\"metadata\":{}}", "the index has no 'weight_map', expected a map from names of tensors to names of files");
        wrong.put("{\"weight_map\":{},\"weight_map\":{}}", "the index has the key 'weight_map' twice, expected keys that differ");
        wrong.put("{\"weight_map\":{\"a\":1}}", "the index has '1' at byte 19, expected '\"'");
        wrong.put("[]", "the index has '[' at byte 0, expected '{'");
        for (Map.Entry<String, String> each : wrong.entrySet()) {
            Path path = sharded(each.getKey());
            assertThatThrownBy(() -> TensorFile.open(path)).as(each.getKey()).isInstanceOf(MalformedFileException.class)
                    .hasMessageStartingWith(path + ": " + each.getValue());
        }
    }

    /** Five gigabytes that take no room on the disk: nothing of them is read or copied. */
    @Test
    void aLargeFileIsMappedAndNotRead() throws IOException {
        Path path = folder.resolve("large.safetensors");
        long count = 5L << 28;
        String header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[5," + (1 << 28) + "],\"data_offsets\":[0," + 4 * count + "]}}";
        byte[] start = References.safetensors(header, 0);
        try (RandomAccessFile large = new RandomAccessFile(path.toFile(), "rw")) {
            large.write(start);
            large.setLength(start.length + 4 * count);
            large.seek(start.length + 4 * count - 4);
            large.writeInt(Integer.reverseBytes(Float.floatToRawIntBits(1.5f)));
        }
        TensorFile.open(path).close();
        var counter = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = counter.getCurrentThreadAllocatedBytes();
        try (TensorFile file = TensorFile.open(path)) {
            Tensor w = file.get("w");
            assertThat(w.get(count - 1)).isEqualTo(1.5);
            assertThat(w.get(0)).isZero();
            assertThat(counter.getCurrentThreadAllocatedBytes() - before).isLessThan(1 << 20);
            assertThatThrownBy(() -> w.get(count)).isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("get: element 1342177280 of tensor 'w', expected 0 to 1342177279");
            assertThat(w.count()).isEqualTo(count);
        }
    }

    @Test
    void readingAllocatesNothing() throws IOException {
        try (TensorFile file = TensorFile.open(References.copy(folder, "types.safetensors"));
                Block single = Block.allocate(Type.F32, 2, 3);
                Block wide = Block.allocate(Type.F64, 3, 2)) {
            for (String name : file.names()) {
                Tensor transposed = file.get(name).permuted(1, 0);
                double[] sum = new double[1];
                assertThat(Problems.allocated(() -> {
                    file.get(name).copyTo(single);
                    transposed.copyTo(wide);
                    sum[0] += file.get(name).get(5);
                })).as(name).isZero();
            }
        }
    }
}
