package dev.zstar.solvers.tensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is written is what the official libraries write, and it comes back. */
class WritersTest {
    @TempDir
    private Path folder;

    private static Block block(Type type, int rows, int cols, double first, double step) {
        Block block = Block.allocate(type, rows, cols);
        for (int i = 0; i < rows * cols; i++) {
            block.set(i / cols, i % cols, first + i * step);
        }
        return block;
    }

    /** The tensors of types.safetensors. */
    private static List<TensorSource> types(Block quarters, Block signed, Block unsigned, Block bits) {
        List<TensorSource> sources = new ArrayList<>();
        for (ElementType type : ElementType.values()) {
            String name = type.name().toLowerCase(Locale.ROOT);
            Block block = name.contains("f") ? quarters : name.startsWith("i") ? signed : name.startsWith("u") ? unsigned : bits;
            sources.add(TensorSource.of(name, block).as(type));
        }
        return sources;
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void theBytesAreThoseOfTheOfficialWriters(Type type) throws IOException {
        try (Block quarters = block(type, 2, 3, -0.75, 0.25);
                Block signed = block(type, 2, 3, -3, 1);
                Block unsigned = block(type, 2, 3, 0, 1);
                Block bits = Block.of(type, 2, 3, 0, 1, 0, 1, 0, 1);
                Block cube = block(type, 6, 4, -0.75, 0.25);
                Block scalar = Block.of(type, 1, 1, 2.5);
                Block pair = Block.of(type, 1, 2, 1, 2);
                Block none = Block.allocate(type, 0, 3)) {
            List<TensorSource> sources = types(quarters, signed, unsigned, bits);
            Collections.shuffle(sources, new Random(1));
            Path path = folder.resolve("x");
            Safetensors.write(path, sources, Map.of());
            assertThat(Files.readAllBytes(path)).isEqualTo(References.bytes("types.safetensors"));
            Safetensors.write(path, List.of(
                    TensorSource.of("conv.weight", cube).shaped(2, 3, 4).permuted(0, 2, 1).as(ElementType.F32),
                    TensorSource.of("scalar", scalar).shaped().as(ElementType.F32),
                    TensorSource.of("empty", none).as(ElementType.F32),
                    TensorSource.of("naïve \"quoted\"\n", pair).shaped(2).as(ElementType.F32)), Map.of());
            assertThat(Files.readAllBytes(path)).isEqualTo(References.bytes("shapes.safetensors"));
            Npy.write(path, TensorSource.of("x", cube).shaped(2, 3, 4).as(ElementType.F32));
            assertThat(Files.readAllBytes(path)).isEqualTo(References.bytes("rowmajor.npy"));
            Npy.write(path, TensorSource.of("x", scalar).shaped().as(ElementType.F32));
            assertThat(Files.readAllBytes(path)).isEqualTo(References.bytes("scalar.npy"));
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void everythingThatIsWrittenComesBack(Type type) throws IOException {
        Random random = new Random(2);
        Map<String, Block> blocks = new LinkedHashMap<>();
        try {
            for (int[] shape : new int[][] {{1, 1}, {3, 5}, {1, 16}, {17, 1}, {0, 4}, {4, 0}, {130, 257}}) {
                Block block = Block.allocate(type, shape[0], shape[1]);
                block.segment().fill((byte) 0x7F);
                for (int i = 0; i < shape[0] * shape[1]; i++) {
                    block.set(i / shape[1], i % shape[1], random.nextGaussian());
                }
                blocks.put("b/" + shape[0] + "×" + shape[1], block);
            }
            Path safetensors = folder.resolve("a.safetensors");
            Path npz = folder.resolve("a.npz");
            Safetensors.write(safetensors, TensorSource.all("test", blocks), Map.of("format", "pt", "ключ", "a \"b\"\u0001\\"));
            Npz.write(npz, blocks);
            for (Path path : List.of(safetensors, npz)) {
                try (TensorFile file = TensorFile.open(path)) {
                    assertThat(file.names()).containsExactlyInAnyOrderElementsOf(blocks.keySet());
                    assertThat(file.metadata())
                            .isEqualTo(path.equals(npz) ? Map.of() : Map.of("format", "pt", "ключ", "a \"b\"\u0001\\"));
                    for (Map.Entry<String, Block> each : blocks.entrySet()) {
                        Tensor tensor = file.get(each.getKey());
                        assertThat(tensor.type()).isEqualTo(ElementType.of(type));
                        assertThat(tensor.shape()).containsExactly(each.getValue().rows(), each.getValue().cols());
                        assertThat(tensor.toDoubles()).isEqualTo(each.getValue().toDoubles());
                    }
                }
            }
            Safetensors.write(safetensors, blocks);
            byte[] first = Files.readAllBytes(safetensors);
            Safetensors.write(safetensors, blocks);
            assertThat(Files.readAllBytes(safetensors)).isEqualTo(first);
            for (Block block : blocks.values()) {
                Path npy = folder.resolve("a.npy");
                Npy.write(npy, block);
                try (TensorFile file = TensorFile.open(npy)) {
                    assertThat(file.get("a").toDoubles()).isEqualTo(block.toDoubles());
                }
            }
        } finally {
            blocks.values().forEach(Block::close);
        }
    }

    @Test
    void filesWithoutTensors() throws IOException {
        Path safetensors = folder.resolve("a.safetensors");
        Path npz = folder.resolve("a.npz");
        Safetensors.write(safetensors, Map.of());
        assertThat(Files.readAllBytes(safetensors)).containsExactly(8, 0, 0, 0, 0, 0, 0, 0, '{', '}', ' ', ' ', ' ', ' ', ' ', ' ');
        Npz.write(npz, Map.of());
        for (Path path : List.of(safetensors, npz)) {
            try (TensorFile file = TensorFile.open(path)) {
                assertThat(file.names()).isEmpty();
                assertThatThrownBy(() -> file.get("a")).hasMessage("get: " + path + " has no tensor 'a', nor any other");
            }
        }
        Safetensors.write(safetensors, List.of(), Map.of("framework", "pt"));
        try (TensorFile file = TensorFile.open(safetensors)) {
            assertThat(file.metadata()).isEqualTo(Map.of("framework", "pt"));
        }
    }

    @Test
    void aFailedWriteLeavesTheOldFileAndNothingElse() throws IOException {
        Path path = Files.writeString(folder.resolve("old.safetensors"), "old");
        Block closed = Block.allocate(Type.F32, 1, 1);
        closed.close();
        try (Block numbers = Block.of(Type.F64, 2, 2, 1, 2, 1e39, 4)) {
            assertThatThrownBy(() -> Safetensors.write(path, List.of(TensorSource.of("a", numbers).as(ElementType.F32)), Map.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Safetensors.write: tensor 'a' holds 1.0E39 in row 1, column 0, expected a number that does not round to "
                            + "infinity in F32 to write it as F32");
            assertThatThrownBy(() -> Npz.write(path, List.of(TensorSource.of("a", numbers).as(ElementType.I8))))
                    .hasMessage("Npz.write: tensor 'a' holds 1.0E39 in row 1, column 0, expected an integer from -2^7 to 2^7 - 1 to "
                            + "write it as I8");
            assertThatThrownBy(() -> Npy.write(path, TensorSource.of("a", numbers).as(ElementType.BOOL)))
                    .hasMessage("Npy.write: tensor 'a' holds 2.0 in row 0, column 1, expected 0 or 1 to write it as BOOL");
            assertThatThrownBy(() -> Safetensors.write(path, Map.of("c", closed))).isInstanceOf(IllegalStateException.class)
                    .hasMessage("Safetensors.write: tensor 'c', a block of 1×1 f32, was used after it was closed");
            assertThatThrownBy(() -> Npy.write(path, TensorSource.of("a", numbers).as(ElementType.BF16)))
                    .hasMessage("Npy.write: tensor 'a' is to be written as BF16, expected a type that numpy has, such as F32 or F16");
            TensorSource a = TensorSource.of("a", numbers);
            for (String name : List.of("../a", "/a", "a/../b", "a\\b", "C:a", "a\0", "x".repeat(70_000))) {
                assertThatThrownBy(() -> Npz.write(path, Map.of(name, numbers))).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("Npz.write: a tensor has the name '");
            }
            assertThatThrownBy(() -> Npz.write(path, List.of(a, a)))
                    .hasMessage("Npz.write: two tensors have the name 'a', expected names that differ");
            assertThatThrownBy(() -> Safetensors.write(path, Map.of("__metadata__", numbers)))
                    .hasMessage("Safetensors.write: a tensor has the name '__metadata__', expected another name");
            assertThatThrownBy(() -> Safetensors.write(path, List.of(a), Map.of("k", "\ud800")))
                    .hasMessageStartingWith("Safetensors.write: the metadata of 'k' is '");
            assertThatThrownBy(() -> TensorSource.of("\udc00", numbers)).hasMessageContaining("has a lone surrogate");
            assertThatThrownBy(() -> a.shaped(3, 2)).hasMessage(
                    "shaped: the shape is [3, 2], expected 4 elements for a block of 2×2 f64, and at most 64 axes");
            assertThatThrownBy(() -> a.shaped(-2, -2)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> a.shaped(1L << 62, 1L << 62, 4)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> a.as(null)).isInstanceOf(NullPointerException.class).hasMessage("as: the element type is null");
            assertThatThrownBy(() -> Safetensors.write(folder, Map.of("a", numbers))).isInstanceOf(FileSystemException.class)
                    .hasMessage(folder + ": this is a folder, expected a file");
            Path nowhere = folder.resolve("none").resolve("a.safetensors");
            assertThatThrownBy(() -> Safetensors.write(nowhere, Map.of("a", numbers))).isInstanceOf(FileSystemException.class)
                    .hasMessage(nowhere + ": its folder does not exist, expected one to write to");
            assertThat(path).hasContent("old");
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files).containsExactly(path);
            }
        }
    }

    /** A device such as /dev/null is like this socket: moving a file over it would take it from the whole system. */
    @Test
    void onlyFilesAreReplaced() throws IOException {
        Path socket = folder.resolve("socket");
        try (Block a = Block.of(Type.F32, 1, 1, 1.0); ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            assertThatThrownBy(() -> Safetensors.write(socket, Map.of("a", a))).isInstanceOf(FileSystemException.class)
                    .hasMessage(socket + ": this is not a regular file, expected a file or a new name");
            assertThat(Files.exists(socket)).isTrue();
            assertThat(Files.isRegularFile(socket)).isFalse();
        }
    }

    @Test
    void aLinkToAFileThatDoesNotExistStaysALink() throws IOException {
        Path link = folder.resolve("link");
        Path circle = folder.resolve("circle");
        Path inner = Files.createDirectory(folder.resolve("inner"));
        Files.createSymbolicLink(link, Path.of("inner", "hop"));
        Files.createSymbolicLink(inner.resolve("hop"), Path.of("target"));
        Files.createSymbolicLink(circle, circle);
        try (Block a = Block.of(Type.F32, 1, 1, 3.0)) {
            Safetensors.write(link, Map.of("a", a));
            assertThat(link).isSymbolicLink();
            assertThat(inner.resolve("hop")).isSymbolicLink();
            try (TensorFile file = TensorFile.open(inner.resolve("target"))) {
                assertThat(file.get("a").get(0)).isEqualTo(3);
            }
            assertThatThrownBy(() -> Safetensors.write(circle, Map.of("a", a)))
                    .hasMessage(circle + ": this is a link through too many links, expected a file");
        }
    }

    @Test
    void namesMayBeLongAndFailuresNameThePathOfTheCaller() throws IOException {
        Path path = folder.resolve("n".repeat(250));
        Path missing = folder.resolve("missing").resolve("a.safetensors");
        try (Block a = Block.of(Type.F32, 1, 1, 1.0)) {
            Safetensors.write(path, Map.of("a", a));
            assertThat(Files.size(path)).isPositive();
            assertThatThrownBy(() -> Safetensors.write(missing, Map.of("a", a))).isInstanceOf(NoSuchFileException.class)
                    .hasMessage(missing + ": its folder does not exist, expected one to write to");
            assertThatThrownBy(() -> Safetensors.write(path.resolve("a"), Map.of("a", a))).isInstanceOf(FileSystemException.class)
                    .hasMessageStartingWith(path.resolve("a") + ": ");
            Path longer = folder.resolve("n".repeat(2000));
            assertThatThrownBy(() -> Safetensors.write(longer, Map.of("a", a))).isInstanceOf(FileSystemException.class)
                    .hasMessageStartingWith(longer + ": ");
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files).containsExactly(path);
            }
        }
    }

    @Test
    void aFileIsReplacedWhileItIsOpen() throws IOException {
        Path path = folder.resolve("a.safetensors");
        Path link = folder.resolve("link.safetensors");
        try (Block one = Block.of(Type.F32, 1, 1, 1.0); Block two = Block.of(Type.F32, 1, 1, 2.0)) {
            Safetensors.write(path, Map.of("a", one));
            Files.createSymbolicLink(link, path);
            try (TensorFile old = TensorFile.open(path)) {
                Safetensors.write(link, Map.of("a", two));
                assertThat(old.get("a").get(0)).isEqualTo(1);
            }
            assertThat(link).isSymbolicLink();
            try (TensorFile file = TensorFile.open(path)) {
                assertThat(file.get("a").get(0)).isEqualTo(2);
            }
        }
    }
}
