package dev.zstar.solvers.tensors;

import static dev.zstar.solvers.guard.Arguments.present;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A tensor of an open {@link TensorFile}: a name, an element type, a shape, and elements in the file's memory. Immutable, so that any
 * number of threads may read it.
 *
 * <p>Elements are numbered from 0 in row-major order: element {@code i·cols + j} of a matrix is in row i and column j. This
 * holds for any order in the file.
 *
 * <p>After its file was closed, a tensor throws {@link IllegalStateException}.
 */
public final class Tensor {
    private final Path file;
    private final String name;
    private final ElementType type;
    private final ByteOrder order;
    private final Strides strides;
    private final MemorySegment bytes;

    /** @param bytes exactly the elements, without a gap */
    Tensor(Path file, String name, ElementType type, ByteOrder order, Strides strides, MemorySegment bytes) {
        this.file = file;
        this.name = name;
        this.type = type;
        this.order = order;
        this.strides = strides;
        this.bytes = bytes.asReadOnly();
    }

    Tensor named(String newName) {
        return new Tensor(file, newName, type, order, strides, bytes);
    }

    /** The name in the file, or the new name if the file is a {@linkplain TensorFile#renamed renamed} one. */
    public String name() {
        return name;
    }

    /** The type of the elements. */
    public ElementType type() {
        return type;
    }

    /** The length of each axis; empty for a single number. The array is a copy. */
    public long[] shape() {
        return strides.shape();
    }

    /** The number of elements. */
    public long count() {
        return strides.count();
    }

    /**
     * The bytes of the file that hold the elements, read-only and without a copy. Element {@code (i, j, …)} starts at byte
     * {@code (i · strides[0] + j · strides[1] + …) · type().bytes()}, in the byte order {@link #order}. No alignment is promised. The
     * segment is valid until the file is closed.
     */
    public MemorySegment bytes() {
        requireOpen("bytes");
        return bytes;
    }

    /** How many elements apart neighbours along each axis are in {@link #bytes}. The array is a copy. */
    public long[] strides() {
        return strides.strides();
    }

    /** The byte order of {@link #bytes}: little-endian, except in some npy files. */
    public ByteOrder order() {
        return order;
    }

    /**
     * This tensor with its axes in another order: axis k of the result is axis {@code axes[k]} of this tensor. Copies nothing. A matrix is
     * transposed by {@code permuted(1, 0)}. The weights of a convolution in PyTorch, {@code out × in × kh × kw}, become
     * {@code out × kh × kw × in} by {@code permuted(0, 2, 3, 1)}.
     *
     * @throws IllegalArgumentException unless each axis is there once
     */
    public Tensor permuted(int... axes) {
        return new Tensor(file, name, type, order, strides.permuted("permuted", present("permuted", "the array of axes", axes)), bytes);
    }

    /**
     * Element {@code i} in row-major order, as f64. 64-bit integers beyond 2⁵³ are rounded.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 ≤ i < count}
     */
    public double get(long i) {
        if (i < 0 || i >= strides.count()) {
            throw new IndexOutOfBoundsException("get: element " + i + " of tensor " + Names.quoted(name) + ", expected "
                    + (strides.count() == 0 ? "none" : "0 to " + (strides.count() - 1)));
        }
        requireOpen("get");
        return element(i);
    }

    private double element(long i) {
        return type.decode(type.bits(bytes, strides.offset(i) * type.bytes(), order));
    }

    /**
     * Copies all elements into a block, rounded to its type. The block's rows and columns must be the shape, split into leading and
     * trailing axes. A tensor of shape {@code [4, 3, 2]} fits {@code 1×24}, {@code 4×6}, {@code 12×2} and {@code 24×1}; a vector fits one
     * row or one column. No transposed matrix fits by accident: transpose with {@link #permuted}. Allocates nothing.
     *
     * @throws IllegalArgumentException if the block has another shape
     */
    public void copyTo(Block block) {
        present("copyTo", "the block", block).requireOpen("copyTo", "the block");
        if (!strides.splits(block.rows(), block.cols())) {
            throw new IllegalArgumentException("copyTo: the block is " + block.shape() + ", expected " + strides.splits() + " for tensor "
                    + Names.quoted(name) + " of shape " + strides);
        }
        requireOpen("copyTo");
        if (strides.rowMajor() && order == ByteOrder.nativeOrder() && Widening.copy(type, bytes, block)) {
            return;
        }
        long i = 0;
        for (int row = 0; row < block.rows(); row++) {
            for (int col = 0; col < block.cols(); col++) {
                block.set(row, col, element(i++));
            }
        }
    }

    /**
     * A new block with a copy of all elements, rounded to the type. The first axis becomes the rows, and all others the columns; a vector
     * becomes one row, and a single number 1×1. The caller closes the block.
     *
     * @throws IllegalArgumentException if there are 2³¹ rows or columns, or more
     */
    public Block toBlock(Type blockType) {
        present("toBlock", "the type", blockType);
        requireOpen("toBlock");
        int leading = strides.axes() < 2 ? 0 : 1;
        long rows = strides.product(0, leading);
        long cols = strides.product(leading, strides.axes());
        if (rows != (int) rows || cols != (int) cols) {
            throw new IllegalArgumentException("toBlock: tensor " + Names.quoted(name) + " of shape " + strides
                    + " is too large, expected fewer than 2³¹ rows and columns");
        }
        Block block = Block.allocate(blockType, (int) rows, (int) cols);
        try {
            copyTo(block);
            return block;
        } catch (Throwable e) {
            block.close();
            throw e;
        }
    }

    /** A copy of all elements in row-major order. */
    public double[] toDoubles() {
        double[] values = new double[length("toDoubles")];
        for (int i = 0; i < values.length; i++) {
            values[i] = element(i);
        }
        return values;
    }

    /** A copy of all elements in row-major order, rounded to f32. */
    public float[] toFloats() {
        float[] values = new float[length("toFloats")];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) element(i);
        }
        return values;
    }

    private int length(String operation) {
        requireOpen(operation);
        if (strides.count() > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException(operation + ": tensor " + Names.quoted(name) + " has " + strides.count()
                    + " elements, expected fewer than 2³¹, which an array can hold");
        }
        return (int) strides.count();
    }

    private void requireOpen(String operation) {
        if (!bytes.scope().isAlive()) {
            throw new IllegalStateException(
                    operation + ": tensor " + Names.quoted(name) + " was used after its file, " + file + ", was closed");
        }
    }

    @Override
    public String toString() {
        return "Tensor[" + Names.quoted(name) + ", " + type + ", " + strides + "]";
    }
}
