package dev.zstar.solvers.parameters;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.tensors.Safetensors;
import dev.zstar.solvers.tensors.Tensor;
import dev.zstar.solvers.tensors.TensorFile;
import dev.zstar.solvers.tensors.TensorSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Parameters in files, with the names and shapes that PyTorch gives them. Any file that {@link TensorFile} opens can be read, and
 * safetensors files are written. A {@link FileLayout} describes a file with other names or shapes.
 *
 * <p>The dimensions of a {@link Parameter} are those in the file. Axes of length 1 may be missing or added. Numbers are rounded to the type
 * of the parameters.
 *
 * <p>Weights that PyTorch stores normalised, by {@code weight_norm} or {@code spectral_norm}, old or new, are computed from the tensors in
 * the file, as PyTorch does in evaluation mode.
 *
 * <p>A map that has been planned with the parameters keeps packed copies of them. After a file has been read, call its {@code update}.
 */
public final class ParameterFile {
    private ParameterFile() {}

    /** Reads every parameter from the tensor of its name. */
    public static List<String> read(Path path, Parameters into) throws IOException {
        return read(path, into, FileLayout.sameNames());
    }

    /**
     * Reads every parameter. If one is missing or has another shape, no parameter is changed.
     *
     * @return the names of the tensors in the file that no parameter was read from, in the order of the file
     * @throws dev.zstar.solvers.tensors.MalformedFileException if the file breaks its format
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if a parameter is not in the file, if its tensor has another shape or holds integers, or if a rule
     *     of the layout is for no parameter
     */
    public static List<String> read(Path path, Parameters into, FileLayout layout) throws IOException {
        Arguments.present("read", "the object of parameters", into);
        Arguments.present("read", "the layout", layout);
        try (TensorFile file = TensorFile.open(Arguments.present("read", "the path", path))) {
            return read(file, into, layout);
        }
    }

    /** The same from an open file. */
    public static List<String> read(TensorFile file, Parameters into, FileLayout layout) {
        Arguments.present("read", "the file", file);
        Arguments.present("read", "the object of parameters", into);
        Arguments.present("read", "the layout", layout).requireFit("read", into.names());
        Set<String> used = new LinkedHashSet<>();
        List<Runnable> copies = new ArrayList<>();
        for (Parameter p : into.descriptions()) {
            Block block = into.get(p.name());
            block.requireOpen("read", "the block of " + p);
            FileLayout.Place place = layout.place(p.name());
            if (place.tensors().isEmpty()) {
                continue;
            }
            TorchWeights weights = new TorchWeights("read " + p, file, used);
            List<Elements> found = place.tensors().stream().map(weights::find).toList();
            requireShape(p, place.parts(), found);
            copies.add(() -> copy(p, found, place.part(), block));
        }
        copies.forEach(Runnable::run);
        return file.names().stream().filter(name -> !used.contains(name)).toList();
    }

    /** Throws unless the elements one below the other have as many rows as all parts together. */
    private static void requireShape(Parameter p, int parts, List<Elements> found) {
        List<Long> expected = new ArrayList<>(p.dimensions().stream().map(Integer::longValue).toList());
        if (!expected.isEmpty()) {
            expected.set(0, expected.getFirst() * parts);
        }
        boolean fits;
        if (found.size() == 1) {
            fits = withoutOnes(found.getFirst().shape()).equals(withoutOnes(expected));
        } else {
            List<Long> columns = withoutOnes(expected.subList(Math.min(1, expected.size()), expected.size()));
            fits = found.stream().mapToLong(Elements::count).sum() == (long) p.size() * parts && found.stream().allMatch(each ->
                    !each.shape().isEmpty() && withoutOnes(each.shape().subList(1, each.shape().size())).equals(columns));
        }
        if (!fits) {
            String got = found.stream().map(each -> "'" + each.name() + "' " + each.shape()).collect(Collectors.joining(", "));
            throw new IllegalArgumentException("read " + p + ": the shape in the file is " + got + ", expected " + expected
                    + (found.size() > 1 ? " one below the other" : "") + (parts > 1 ? " for " + parts + " parts" : ""));
        }
    }

    private static List<Long> withoutOnes(List<Long> shape) {
        return shape.stream().filter(length -> length != 1).toList();
    }

    private static void copy(Parameter p, List<Elements> found, int part, Block block) {
        Elements first = found.getFirst();
        if (found.size() == 1 && first.count() == p.size() && first.tensor() != null && copied(p, first.tensor(), block)) {
            return;
        }
        // The first axis is the slowest one, so a group of rows is a range of elements.
        long at = -(long) part * p.size();
        for (Elements each : found) {
            long end = Math.min(each.count(), p.size() - at);
            for (long i = Math.max(0, -at); i < end; i++) {
                int place = p.place((int) (at + i));
                block.set(place / p.cols(), place % p.cols(), each.get(i));
            }
            at += each.count();
        }
    }

    /** Copies a whole tensor at once if its axes in the order of the block are the rows and the columns of the block. */
    private static boolean copied(Parameter p, Tensor tensor, Block block) {
        if (p.order().isEmpty() || !Arrays.equals(tensor.shape(), p.dimensions().stream().mapToLong(Integer::longValue).toArray())) {
            return false;
        }
        Tensor ordered = tensor.permuted(p.order().stream().mapToInt(Integer::intValue).toArray());
        if (p.rows() != 1 && ordered.shape()[0] != p.rows()) {
            return false;
        }
        ordered.copyTo(block);
        return true;
    }

    /** A block with the shape of a parameter, as it is written to a file: with the dimensions of files, in their order. */
    public static TensorSource source(String name, Parameter p, Block block) {
        return TensorSources.source(p, name, block, 1, 1);
    }

    /** Copies a tensor with the dimensions of a parameter into a block with its shape. */
    public static void copy(Tensor tensor, Parameter p, Block block) {
        if (!copied(p, tensor, block)) {
            for (int i = 0; i < p.size(); i++) {
                int place = p.place(i);
                block.set(place / p.cols(), place % p.cols(), tensor.get(i));
            }
        }
    }

    /** Writes every parameter as a tensor of its name, for PyTorch. */
    public static void write(Path path, Parameters parameters) throws IOException {
        write(path, parameters, FileLayout.sameNames(), Map.of("format", "pt"));
    }

    /**
     * Writes parameters to a safetensors file, in their own type. The new file replaces an old one as a whole.
     *
     * @param layout where they are to be in the file. A parameter that is {@linkplain FileLayout#stack stacked} is cut into equal parts,
     *     and {@linkplain FileLayout#part parts} of a tensor are put together
     * @param metadata what the file says about itself. PyTorch's tools expect {@code format=pt}
     * @throws IllegalArgumentException if two tensors would have the same name, if a part of a tensor is missing, or if a rule of the
     *     layout is for no parameter
     */
    public static void write(Path path, Parameters parameters, FileLayout layout, Map<String, String> metadata) throws IOException {
        Arguments.present("write", "the path", path);
        Arguments.present("write", "the object of parameters", parameters);
        Arguments.present("write", "the layout", layout).requireFit("write", parameters.names());
        try (TensorSources sources = new TensorSources(parameters, layout)) {
            Safetensors.write(path, sources.list(), metadata);
        }
    }
}
