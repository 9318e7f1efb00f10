package dev.zstar.solvers.tensors;

import static dev.zstar.solvers.guard.Arguments.present;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Tensors in a file, by their names. The file is mapped into memory, so that opening it reads no elements, and {@link Tensor}s refer to
 * the mapped bytes. An npz file costs more: it is read once for its checksums, and compressed arrays are decompressed into memory outside
 * the heap.
 *
 * <p>{@link #open} checks the whole structure, so no tensor can turn out to be malformed later. Any number of threads may read. The file
 * must not be shortened or overwritten in place while it is open; the writers of this package never do that, since they replace files.
 *
 * <p>Close a file to unmap it. Then the file and its tensors throw {@link IllegalStateException}.
 */
public final class TensorFile implements AutoCloseable {
    /** The most bytes that {@link #open(Path)} decompresses from one npz file: 2³¹. */
    public static final long MOST_DECOMPRESSED = 1L << 31;

    private final Path path;
    private final Arena arena;
    private final Map<String, Tensor> tensors;
    private final Map<String, String> metadata;

    private TensorFile(Path path, Arena arena, Map<String, Tensor> tensors, Map<String, String> metadata) {
        this.path = path;
        this.arena = arena;
        this.tensors = Collections.unmodifiableMap(tensors);
        this.metadata = Collections.unmodifiableMap(metadata);
    }

    /**
     * Opens a file of one of these kinds. The extension decides; without a known one, the first bytes of the file do.
     *
     * <ul>
     *   <li>{@code .safetensors}
     *   <li>{@code .json}: the index of a model in several files, such as {@code model.safetensors.index.json}. The files lie in the same
     *       folder, and are opened together.
     *   <li>{@code .npy}: one array. Its name is that of the file without {@code .npy}.
     *   <li>{@code .npz}: several arrays, compressed or not.
     * </ul>
     *
     * @throws MalformedFileException if the file breaks its format or has an unsupported element type
     * @throws IOException if the file cannot be read
     */
    public static TensorFile open(Path path) throws IOException {
        return open(path, MOST_DECOMPRESSED);
    }

    /**
     * The same with another limit for compressed npz files.
     *
     * @param mostDecompressed the most bytes that all compressed arrays together may have
     */
    public static TensorFile open(Path path, long mostDecompressed) throws IOException {
        present("TensorFile.open", "the path", path);
        if (mostDecompressed < 0) {
            throw new IllegalArgumentException(
                    "TensorFile.open: the limit of decompressed bytes is " + mostDecompressed + ", expected at least 0");
        }
        Arena arena = Arena.ofShared();
        try {
            Contents contents = read(MappedFile.open(path, arena), arena, mostDecompressed);
            return new TensorFile(path, arena, contents.tensors(), contents.metadata());
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    private static Contents read(MappedFile file, Arena arena, long mostDecompressed) throws IOException {
        String name = file.path.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".safetensors")) {
            return SafetensorsReader.read(file);
        }
        if (name.endsWith(".json")) {
            return ShardIndex.read(file, arena);
        }
        boolean zip = name.endsWith(".npz");
        if (!zip && (name.endsWith(".npy") || NpyReader.recognises(file))) {
            return NpyReader.read(file);
        }
        if (zip || ZipDirectory.recognises(file)) {
            return NpzReader.read(file, arena, mostDecompressed);
        }
        return SafetensorsReader.read(file);
    }

    /** The names of all tensors, in the order of the file. */
    public Set<String> names() {
        requireOpen("names");
        return tensors.keySet();
    }

    /** Whether there is a tensor of this name. */
    public boolean contains(String name) {
        requireOpen("contains");
        return tensors.containsKey(present("contains", "the name", name));
    }

    /**
     * The tensor of this name. Allocates nothing.
     *
     * @throws IllegalArgumentException if there is none; the message lists similar names
     */
    public Tensor get(String name) {
        return require("get", name);
    }

    /** The same; messages begin with the operation that needs the tensor. */
    public Tensor require(String operation, String name) {
        requireOpen(operation);
        Tensor tensor = tensors.get(present(operation, "the name", name));
        if (tensor == null) {
            throw missing(operation, name);
        }
        return tensor;
    }

    /**
     * What the file says about itself, such as {@code format=pt}. Empty for npy and npz. Of a model in several files, it is the metadata of
     * the index.
     */
    public Map<String, String> metadata() {
        requireOpen("metadata");
        return metadata;
    }

    /**
     * This file with other names of tensors. It is the same file: closing one closes both.
     *
     * @param newName gives the new name for each name
     * @throws IllegalArgumentException if two tensors would have the same name
     */
    public TensorFile renamed(UnaryOperator<String> newName) {
        requireOpen("renamed");
        present("renamed", "the function", newName);
        Map<String, Tensor> renamed = new LinkedHashMap<>();
        Map<String, String> oldNames = new LinkedHashMap<>();
        for (Map.Entry<String, Tensor> each : tensors.entrySet()) {
            String name = present("renamed", "the new name of " + Names.quoted(each.getKey()), newName.apply(each.getKey()));
            String other = oldNames.put(name, each.getKey());
            if (other != null) {
                throw new IllegalArgumentException("renamed: " + Names.quoted(other) + " and " + Names.quoted(each.getKey())
                        + " are both renamed to " + Names.quoted(name) + ", expected names that differ");
            }
            renamed.put(name, each.getValue().named(name));
        }
        return new TensorFile(path, arena, renamed, metadata);
    }

    /**
     * The same with a map from old names to new ones. Other names stay.
     *
     * @throws IllegalArgumentException if the file does not have one of the old names, or if two tensors would have the same name
     */
    public TensorFile renamed(Map<String, String> newNames) {
        requireOpen("renamed");
        present("renamed", "the map", newNames);
        for (String name : newNames.keySet()) {
            if (!tensors.containsKey(present("renamed", "an old name", name))) {
                throw missing("renamed", name);
            }
        }
        return renamed(name -> newNames.containsKey(name) ? newNames.get(name) : name);
    }

    private IllegalArgumentException missing(String operation, String name) {
        return new IllegalArgumentException(operation + ": " + path + " has no tensor " + Names.quoted(name) + ", "
                + Names.expected(name, tensors.keySet()));
    }

    private void requireOpen(String operation) {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException(operation + ": " + path + " was used after it was closed");
        }
    }

    /** Unmaps the file. Closing twice has no effect. */
    @Override
    public void close() {
        synchronized (arena) {
            if (arena.scope().isAlive()) {
                arena.close();
            }
        }
    }

    @Override
    public String toString() {
        return "TensorFile[" + path + (arena.scope().isAlive() ? ", " + tensors.size() + " tensors]" : ", closed]");
    }
}
