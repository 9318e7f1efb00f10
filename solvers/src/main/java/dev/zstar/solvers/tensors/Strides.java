package dev.zstar.solvers.tensors;

import java.util.Arrays;

/** A shape, and how many elements apart in memory neighbours along each axis are. */
final class Strides {
    /** The most axes, as in numpy. */
    static final int MOST_AXES = 64;

    private final long[] shape;
    private final long[] strides;
    private final long count;
    private final boolean rowMajor;

    private Strides(long[] shape, long[] strides, long count) {
        this.shape = shape;
        this.strides = strides;
        this.count = count;
        rowMajor = isRowMajor();
    }

    /** The number of elements; -1 if it is no {@code long}. No dimension may be negative. */
    static long count(long... shape) {
        long count = 1;
        for (long length : shape) {
            if (Math.multiplyHigh(count, length) != 0 || count * length < 0) {
                return -1;
            }
            count *= length;
        }
        return count;
    }

    /** The last axis is contiguous. */
    static Strides rowMajor(long... shape) {
        long[] strides = new long[shape.length];
        long step = 1;
        for (int k = shape.length - 1; k >= 0; k--) {
            strides[k] = step;
            step *= shape[k];
        }
        return new Strides(shape.clone(), strides, count(shape));
    }

    /** The first axis is contiguous, as in Fortran. */
    static Strides columnMajor(long... shape) {
        long[] strides = new long[shape.length];
        long step = 1;
        for (int k = 0; k < shape.length; k++) {
            strides[k] = step;
            step *= shape[k];
        }
        return new Strides(shape.clone(), strides, count(shape));
    }

    /** The same elements with axis {@code axes[k]} in place {@code k}. */
    Strides permuted(String operation, int... axes) {
        int[] sorted = axes.clone();
        Arrays.sort(sorted);
        boolean each = sorted.length == shape.length;
        for (int k = 0; each && k < sorted.length; k++) {
            each = sorted[k] == k;
        }
        if (!each) {
            throw new IllegalArgumentException(operation + ": the axes are " + Arrays.toString(axes) + ", expected "
                    + (shape.length == 0 ? "none" : "each of 0 to " + (shape.length - 1) + " once"));
        }
        long[] newShape = new long[axes.length];
        long[] newStrides = new long[axes.length];
        for (int k = 0; k < axes.length; k++) {
            newShape[k] = shape[axes[k]];
            newStrides[k] = strides[axes[k]];
        }
        return new Strides(newShape, newStrides, count);
    }

    private boolean isRowMajor() {
        long step = 1;
        for (int k = shape.length - 1; k >= 0; k--) {
            // The stride of an axis of one element is never used.
            if (shape[k] != 1 && strides[k] != step) {
                return count == 0;
            }
            step *= shape[k];
        }
        return true;
    }

    long count() {
        return count;
    }

    long[] shape() {
        return shape.clone();
    }

    long[] strides() {
        return strides.clone();
    }

    int axes() {
        return shape.length;
    }

    /** Whether element i of the row-major order is also element i in memory. */
    boolean rowMajor() {
        return rowMajor;
    }

    /** Where element {@code i} of the row-major order is in memory. */
    long offset(long i) {
        if (rowMajor) {
            return i;
        }
        long offset = 0;
        long rest = i;
        for (int k = shape.length - 1; k >= 0; k--) {
            offset += rest % shape[k] * strides[k];
            rest /= shape[k];
        }
        return offset;
    }

    /** Whether the shape becomes {@code rows × cols} if it is split into leading and trailing axes. */
    boolean splits(long rows, long cols) {
        for (int leading = 0; leading <= shape.length; leading++) {
            if (product(0, leading) == rows && product(leading, shape.length) == cols) {
                return true;
            }
        }
        return false;
    }

    /** All shapes that {@link #splits} accepts, for messages: {@code 1×24, 4×6 or 24×1}. */
    String splits() {
        StringBuilder text = new StringBuilder();
        for (int leading = 0; leading <= shape.length; leading++) {
            text.append(leading == 0 ? "" : leading == shape.length ? " or " : ", ");
            text.append(product(0, leading)).append('×').append(product(leading, shape.length));
        }
        return text.toString();
    }

    /** The product of some dimensions. It can overflow only if the tensor has no elements. */
    long product(int from, int to) {
        long product = 1;
        for (int k = from; k < to; k++) {
            product *= shape[k];
        }
        return product;
    }

    @Override
    public String toString() {
        return Arrays.toString(shape);
    }
}
