package dev.zstar.solvers.tensors;

import static dev.zstar.solvers.guard.Arguments.present;

import dev.zstar.kernels.Block;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A block that is to be written to a file, and how: its name, shape, order of axes and element type. Immutable: each method returns a
 * changed copy. The block is read when the file is written.
 *
 * <p>The weights of a convolution, an {@code out × (kh·kw·in)} block, as PyTorch stores them, in bf16:
 *
 * <pre>{@code
 * TensorSource.of("conv.weight", block).shaped(out, kh, kw, in).permuted(0, 3, 1, 2).as(ElementType.BF16)
 * }</pre>
 */
public final class TensorSource {
    private final String name;
    private final Block block;
    private final Strides strides;
    private final ElementType type;

    private TensorSource(String name, Block block, Strides strides, ElementType type) {
        this.name = name;
        this.block = block;
        this.strides = strides;
        this.type = type;
    }

    /** A block in its own type, with the shape {@code [rows, cols]}. */
    public static TensorSource of(String name, Block block) {
        present("TensorSource.of", "the name", name);
        present("TensorSource.of", "the block", block);
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
            throw new IllegalArgumentException(
                    "TensorSource.of: the name " + Names.quoted(name) + " has a lone surrogate, expected valid Unicode");
        }
        return new TensorSource(name, block, Strides.rowMajor(block.rows(), block.cols()), ElementType.of(block.type()));
    }

    /**
     * The same elements, row by row, with another shape. No arguments make a single number, one argument a vector. Resets the order of the
     * axes.
     *
     * @throws IllegalArgumentException if the shape does not have as many elements as the block, or more than 64 axes
     */
    public TensorSource shaped(long... shape) {
        present("shaped", "the shape", shape);
        boolean negative = Arrays.stream(shape).anyMatch(length -> length < 0);
        if (negative || shape.length > Strides.MOST_AXES || Strides.count(shape) != (long) block.rows() * block.cols()) {
            throw new IllegalArgumentException("shaped: the shape is " + Arrays.toString(shape) + ", expected "
                    + (long) block.rows() * block.cols() + " elements for a block of " + block.shape() + ", and at most "
                    + Strides.MOST_AXES + " axes");
        }
        return new TensorSource(name, block, Strides.rowMajor(shape), type);
    }

    /**
     * The same with its axes in another order: axis k of the file is axis {@code axes[k]} of this. {@code permuted(1, 0)} writes the
     * transposed matrix.
     *
     * @throws IllegalArgumentException unless each axis is there once
     */
    public TensorSource permuted(int... axes) {
        return new TensorSource(name, block, strides.permuted("permuted", present("permuted", "the array of axes", axes)), type);
    }

    /**
     * The same with another element type. Floating-point types round to nearest even. Writing fails if a finite number would round to
     * infinity, or if an integer type would change a number.
     */
    public TensorSource as(ElementType newType) {
        return new TensorSource(name, block, strides, present("as", "the element type", newType));
    }

    /** The name in the file. */
    public String name() {
        return name;
    }

    /** The element type in the file. */
    public ElementType type() {
        return type;
    }

    /** The shape in the file. The array is a copy. */
    public long[] shape() {
        return strides.shape();
    }

    /** The number of bytes in the file. */
    long bytes() {
        return strides.count() * type.bytes();
    }

    /** A source for each block, in the order of the map. */
    static List<TensorSource> all(String operation, Map<String, Block> blocks) {
        List<TensorSource> sources = new ArrayList<>();
        for (Map.Entry<String, Block> each : present(operation, "the map of blocks", blocks).entrySet()) {
            String name = present(operation, "a name", each.getKey());
            sources.add(of(name, present(operation, "the block of " + Names.quoted(name), each.getValue())));
        }
        return sources;
    }

    /** Throws unless all blocks are open and all names differ. */
    static void require(String operation, Collection<TensorSource> sources) {
        Set<String> names = new HashSet<>();
        for (TensorSource source : present(operation, "the list of tensors", sources)) {
            present(operation, "a tensor", source).block.requireOpen(operation, "tensor " + Names.quoted(source.name));
            if (!names.add(source.name)) {
                throw new IllegalArgumentException(
                        operation + ": two tensors have the name " + Names.quoted(source.name) + ", expected names that differ");
            }
        }
    }

    /** Writes all elements in row-major order. */
    void write(String operation, Output out) throws IOException {
        if (!strides.rowMajor()) {
            for (long i = 0; i < strides.count(); i++) {
                long from = strides.offset(i);
                element(operation, (int) (from / block.cols()), (int) (from % block.cols()), out);
            }
        } else if (type == ElementType.of(block.type()) && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
            rows(out);
        } else {
            for (int row = 0; row < block.rows(); row++) {
                for (int col = 0; col < block.cols(); col++) {
                    element(operation, row, col, out);
                }
            }
        }
    }

    private void rows(Output out) throws IOException {
        try {
            for (int row = 0; row < block.rows(); row++) {
                out.copy(block.segment(), row * block.strideBytes(), (long) block.cols() * type.bytes());
            }
        } finally {
            Reference.reachabilityFence(block);
        }
    }

    private void element(String operation, int row, int col, Output out) throws IOException {
        double value = block.get(row, col);
        if (!type.holds(value)) {
            throw new IllegalArgumentException(operation + ": tensor " + Names.quoted(name) + " holds " + value + " in row " + row
                    + ", column " + col + ", expected " + type.range() + " to write it as " + type);
        }
        out.number(type.encode(value), type.bytes());
    }

    @Override
    public String toString() {
        return "TensorSource[" + Names.quoted(name) + ", " + type + ", " + strides + "]";
    }
}
