package dev.zstar.kernels.simd.products;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.simd.activations.F32Activation;
import dev.zstar.kernels.simd.tuning.Tuning;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The start and the end of a tile, whose accumulators are rows of whole vectors in a heap array. Rows of blocks are padded to whole
 * vectors, so loads may go beyond the last column; the values that are read there are never stored.
 */
public final class F32Epilogue {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();
    /** Elements of a full tile. */
    private static final int CHUNK = 8 * Panels.VECTORS * L;

    /** From here on activations may write. */
    public static final int WORK = 2 * CHUNK;

    /**
     * Accumulators of a tile of at most 8 rows, then as many slopes, then memory for activations. One array for each call scope.
     */
    private static final CallLocal<float[]> TILE = new CallLocal<>(() -> new float[WORK + 2 * CHUNK]);
    /** Accumulators of a group of rows between two parts of the inputs. */
    private static final CallLocal<float[]> SUMS = new CallLocal<>(() -> new float[Tuning.GROUP * Panels.VECTORS * L]);

    /** Start of a product without bias and injection. */
    @SuppressWarnings("MutablePublicArray") // Only read, and nothing outside this module sees it.
    public static final float[] ZEROS = new float[CHUNK];

    private F32Epilogue() {}

    /** The accumulators of this thread's call scope. */
    public static float[] tile() {
        return TILE.get();
    }

    /** Accumulators of the rows of a group, between two parts of the inputs. */
    static float[] sums() {
        return SUMS.get();
    }

    // ---- before

    public static void zero(float[] t, int vectors) {
        java.util.Arrays.fill(t, 0, vectors * L, 0);
    }

    /** Loads the sums that an earlier sweep over k stored in {@code out}. */
    static void resume(Block out, int row, int rows, int column, int vectors, float[] t) {
        F32TileRows.load(out.address() + row * out.strideBytes() + column * B, out.strideBytes(), rows, vectors, t);
    }

    /** Bias and injection, in t; zeros if there is neither. */
    public static float[] start(Epilogue epilogue, int row, int rows, int column, int vectors, float[] t) {
        Block bias = epilogue.bias();
        Block injection = epilogue.injection();
        if (injection == null && bias == null) {
            return ZEROS;
        }
        long at = column * B;
        if (injection == null) {
            F32TileRows.load(bias.address() + at, 0, rows, vectors, t);
            return t;
        }
        if (epilogue.rows() == null) {
            F32TileRows.load(injection.address() + row * injection.strideBytes() + at, injection.strideBytes(), rows, vectors, t);
        } else {
            for (int r = 0; r < rows; r++) {
                load(injection.address() + epilogue.injectionRow(row + r) * injection.strideBytes() + at, vectors, t, r * vectors * L);
            }
        }
        if (bias != null) {
            for (int r = 0; r < rows; r++) {
                add(bias.address() + at, vectors, t, r * vectors * L);
            }
        }
        return t;
    }

    static void load(long from, int vectors, float[] t, int to) {
        for (int v = 0; v < vectors; v++) {
            FloatVector.fromMemorySegment(S, ALL, from + v * (long) S.vectorByteSize(), ORDER).intoArray(t, to + v * L);
        }
    }

    private static void add(long from, int vectors, float[] t, int to) {
        for (int v = 0; v < vectors; v++) {
            FloatVector.fromArray(S, t, to + v * L)
                    .add(FloatVector.fromMemorySegment(S, ALL, from + v * (long) S.vectorByteSize(), ORDER))
                    .intoArray(t, to + v * L);
        }
    }

    // ---- after

    /** Integer weights: {@code t = scale ⊙ t + bias + injection}, because the sum itself must start from 0. */
    static void scale(Block scales, Epilogue epilogue, int row, int rows, int column, int vectors, float[] t) {
        Block bias = epilogue.bias();
        Block injection = epilogue.injection();
        for (int r = 0; r < rows; r++) {
            for (int v = 0; v < vectors; v++) {
                long at = column * B + v * (long) S.vectorByteSize();
                FloatVector start = FloatVector.zero(S);
                if (injection != null) {
                    start = FloatVector.fromMemorySegment(S, ALL, injection.address()
                            + epilogue.injectionRow(row + r) * injection.strideBytes() + at, ORDER);
                }
                if (bias != null) {
                    start = start.add(FloatVector.fromMemorySegment(S, ALL, bias.address() + at, ORDER));
                }
                int i = (r * vectors + v) * L;
                FloatVector.fromArray(S, t, i).fma(FloatVector.fromMemorySegment(S, ALL, scales.address() + at, ORDER), start)
                        .intoArray(t, i);
            }
        }
    }

    /** Raw accumulators, for another sweep over k. */
    static void store(Block out, int row, int rows, int column, int vectors, float[] t) {
        int real = Math.min(vectors * L, out.cols() - column);
        F32TileRows.store(t, 0, rows, vectors, real, out.address() + row * out.strideBytes() + column * B, out.strideBytes());
    }

    /** {@code out += α t}. */
    static void add(double alpha, Block out, int row, int rows, int column, int vectors, float[] t) {
        if (!Type.F32.holds(alpha)) {
            addWide(alpha, out, row, rows, column, vectors, t);
            return;
        }
        float a = (float) alpha;
        for (int r = 0; r < rows; r++) {
            long at = out.address() + (row + r) * out.strideBytes() + column * B;
            for (int v = 0; v < vectors; v++) {
                int i = (r * vectors + v) * L;
                FloatVector.fromArray(S, t, i)
                        .fma(FloatVector.broadcast(S, a), FloatVector.fromMemorySegment(S, ALL, at + v * (long) S.vectorByteSize(), ORDER))
                        .intoArray(t, i);
            }
        }
        store(out, row, rows, column, vectors, t);
    }

    /** The same if the product needs f64: see {@link Type#holds}. */
    private static void addWide(double alpha, Block out, int row, int rows, int column, int vectors, float[] t) {
        int real = Math.min(vectors * L, out.cols() - column);
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < real; i++) {
                long at = out.address() + (row + r) * out.strideBytes() + (column + i) * B;
                ALL.set(F32, at, (float) (alpha * t[r * vectors * L + i] + ALL.get(F32, at)));
            }
        }
    }

    /** Slope and activation, then the store to memory. */
    static void end(Epilogue epilogue, Block out, int row, int rows, int column, int vectors, float[] t) {
        if (epilogue.slope() != null) {
            F32Activation.applyAndSlope(epilogue.activation(), t, 0, CHUNK, rows * vectors * L, WORK);
            Block slope = epilogue.slope();
            int real = Math.min(vectors * L, out.cols() - column);
            F32TileRows.store(t, CHUNK, rows, vectors, real, slope.address() + row * slope.strideBytes() + column * B, slope.strideBytes());
        } else {
            F32Activation.apply(epilogue.activation(), t, 0, rows * vectors * L, WORK);
        }
        store(out, row, rows, column, vectors, t);
    }

    /** {@code out = φ(x)}, or {@code φ'(x)}, for one row. */
    public static void activate(Activation activation, boolean derivative, long x, long out, int n) {
        float[] t = TILE.get();
        for (int col = 0; col < n; col += CHUNK) {
            int real = Math.min(CHUNK, n - col);
            int vectors = (real + L - 1) / L;
            load(x + col * B, vectors, t, 0);
            if (derivative) {
                F32Activation.derivative(activation, t, 0, vectors * L, WORK);
            } else {
                F32Activation.apply(activation, t, 0, vectors * L, WORK);
            }
            F32TileRows.store(t, 0, out + col * B, real);
        }
    }

    /** {@code out = φ(out + injection + bias)} and {@code slope = φ'} for one row; an address of 0 means no operand. */
    public static void finish(Activation activation, long injection, long bias, long slope, long out, int n) {
        float[] t = TILE.get();
        for (int col = 0; col < n; col += CHUNK) {
            int real = Math.min(CHUNK, n - col);
            int vectors = (real + L - 1) / L;
            long at = col * B;
            load(out + at, vectors, t, 0);
            if (injection != 0) {
                add(injection + at, vectors, t, 0);
            }
            if (bias != 0) {
                add(bias + at, vectors, t, 0);
            }
            if (slope != 0) {
                F32Activation.applyAndSlope(activation, t, 0, CHUNK, vectors * L, WORK);
                F32TileRows.store(t, CHUNK, slope + at, real);
            } else {
                F32Activation.apply(activation, t, 0, vectors * L, WORK);
            }
            F32TileRows.store(t, 0, out + at, real);
        }
    }
}
