package dev.zstar.solvers.parameters;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import java.util.Random;

/**
 * The largest singular value σ of a matrix V, with its singular vectors: {@code v ← Vᵀu / ‖Vᵀu‖}, {@code u ← V v / ‖V v‖},
 * {@code σ = ‖V v‖ = uᵀ V v} (Miyato et al. 2018, algorithm 1). It approaches σ from below. A step multiplies the error of σ by about
 * {@code (σ₂/σ₁)⁴}. The vectors are kept from call to call, so after a small change of V a step or two are enough.
 */
public final class PowerIteration implements AutoCloseable {
    private final Engine engine;
    private final long seed;
    private final Random random = new Random();
    private final OwnedMemory memory;
    private final Block left;
    private final Block right;
    private final double[] length = new double[1];
    /** A product shorter than this may have lost digits to underflow. */
    private final double small;
    /** The largest power of two by which vectors are scaled, up or down. */
    private final int reach;
    /**
     * Vectors have the length {@code 2^-shift} in products. The shift is 0 unless V is so large or so small that products would leave the
     * range of the type.
     */
    private int shift;
    /** The factor by which the last step raised the estimate of σ: {@code ‖V v‖ / ‖Vᵀu‖}, which is 1 for singular vectors. */
    private double growth;

    /** For matrices of {@code rows × cols}. Starts with a random u. */
    public PowerIteration(Engine engine, Type type, int rows, int cols, long seed) {
        this.engine = Arguments.present("power iteration", "the engine", engine);
        this.seed = seed;
        small = type == Type.F32 ? 0x1p-90 : 0x1p-900;
        reach = type == Type.F32 ? 120 : 1000;
        memory = new OwnedMemory(engine);
        try {
            left = memory.block(type, 1, rows);
            right = memory.block(type, 1, cols);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        restart();
    }

    /** Forgets all matrices: the next run has the bits of a new object. */
    void forget() {
        restart();
        shift = 0;
    }

    private void restart() {
        random.setSeed(seed);
        for (int i = 0; i < left.cols(); i++) {
            left.set(0, i, random.nextGaussian());
        }
    }

    /**
     * Takes this many steps and returns σ. It is 0 for a matrix of zeros.
     *
     * @throws IllegalArgumentException if an element of the matrix is NaN or infinite, or σ is larger than any f64
     */
    public double run(Block matrix, int iterations) {
        return run("run", matrix, iterations);
    }

    /**
     * Takes steps until one raises the estimate of σ by at most this part of it, and returns σ.
     *
     * @param most the largest number of steps
     */
    double converge(String operation, Block matrix, double tolerance, int most) {
        double σ = run(operation, matrix, 1);
        for (int k = 1; k < most && growth > 1 + tolerance; k++) {
            σ = run(operation, matrix, 1);
        }
        return σ;
    }

    /** @param operation what messages begin with: the method that a user called */
    double run(String operation, Block matrix, int iterations) {
        Arguments.atLeast(operation, "the number of iterations", iterations, 1);
        Arguments.present(operation, "V", matrix).requireShape(operation, "V", left.type(), left.cols(), right.cols());
        growth = 1;
        double σ = iterate(matrix, iterations);
        if (Double.isNaN(σ)) {
            double largest = largest(operation, matrix);
            if (largest == 0) {
                return 0;
            }
            int exponent = Math.clamp(Math.getExponent(largest), -reach, reach);
            if (exponent == shift) {
                // u was orthogonal to the range of V.
                restart();
            }
            shift = exponent;
            σ = iterate(matrix, iterations);
            if (Double.isNaN(σ)) {
                restart();
                σ = iterate(matrix, iterations);
            }
        }
        if (!(σ < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    operation + ": σ(V) of the matrix V (" + matrix.shape() + ") overflows f64, expected a smaller V");
        }
        return σ;
    }

    /**
     * Returns σ, and computes u, from the present v without a step. If v and the matrix are those at the end of a {@link #run}, σ and u are
     * the same to the bit. A program that resumes from a file needs this. Takes a step if v is zero.
     */
    public double again(Block matrix) {
        return again("again", matrix);
    }

    double again(String operation, Block matrix) {
        Arguments.present(operation, "V", matrix).requireShape(operation, "V", left.type(), left.cols(), right.cols());
        double length = leftFrom(matrix);
        if (length == 0) {
            restart();
            return run(operation, matrix, 1);
        }
        return Math.scalb(length, shift);
    }

    /** {@code u ← V v / ‖V v‖}. Returns the length without the shift; 0 if it is out of range. */
    private double leftFrom(Block matrix) {
        scale(Math.scalb(1.0, -shift), right);
        engine.gemm(1, right, false, matrix, true, 0, left);
        scale(Math.scalb(1.0, shift), right);
        return normalise(left);
    }

    private static double largest(String operation, Block matrix) {
        Arguments.finite(operation, "V", matrix);
        double largest = 0;
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < matrix.cols(); j++) {
                largest = Math.max(largest, Math.abs(matrix.get(i, j)));
            }
        }
        return largest;
    }

    /** Returns σ, or NaN if a product left the range of the type. Then u is as before the step, or as at the start. */
    private double iterate(Block matrix, int iterations) {
        double down = Math.scalb(1.0, -shift);
        double up = Math.scalb(1.0, shift);
        double σ = 0;
        for (int k = 0; k < iterations; k++) {
            scale(down, left);
            engine.gemm(1, left, false, matrix, false, 0, right);
            scale(up, left);
            double before = normalise(right);
            if (before == 0) {
                return Double.NaN;
            }
            double length = leftFrom(matrix);
            if (length == 0) {
                restart();
                return Double.NaN;
            }
            growth = length / before;
            σ = Math.scalb(length, shift);
        }
        return σ;
    }

    private void scale(double factor, Block x) {
        if (factor != 1) {
            engine.scale(factor, x);
        }
    }

    /** Scales a vector to length 1 and returns its length. Returns 0 if the length is out of range, and then leaves the vector. */
    private double normalise(Block x) {
        engine.norm(x, length);
        if (!(length[0] >= small && length[0] < Double.POSITIVE_INFINITY)) {
            return 0;
        }
        engine.scale(1 / length[0], x);
        return length[0];
    }

    /** u, 1 × rows, of length 1 after a run. */
    Block left() {
        return left;
    }

    /** v, 1 × cols, of length 1 after a run. It is all that this object has to remember from call to call. */
    public Block right() {
        return right;
    }

    /** Bytes that this object holds. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
