package dev.zstar.benchmarks.problems;

import dev.zstar.kernels.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;

/**
 * Fixed points that are 0, or far smaller or larger than 1, and cells with unsuitable units. If the fixed point is 0, a test that only
 * compares ‖f(z) - z‖ with ‖f(z)‖ never succeeds, since both fall together.
 */
final class Zeros {
    private static final String OWN = "made for this list";

    private Zeros() {}

    /** The problems whose numbers the type can hold. */
    static List<Problem> all(Type type) {
        List<Problem> all = new ArrayList<>(List.of(square(), ramp(), steep(), crowd(64), odd(64, 0.9), off(64, 0.9)));
        for (double c : type == Type.F32 ? new double[] {1e-40, 1e37} : new double[] {1e-160, 1e-170, 1e-320, 1e155, 1e307}) {
            all.add(halving(c));
        }
        return all;
    }

    /** {@code z²}; the start is 0.4. */
    static Problem square() {
        return scalar("z²", 0.4, 0, z -> z * z);
    }

    /** {@code max(0, z/2 - 0.2)}; the start is 1. f vanishes before z does. */
    static Problem ramp() {
        return scalar("max(0, z/2 - 0.2)", 1, 0, z -> Math.max(0, z / 2 - 0.2));
    }

    /** {@code 10⁸ z}; the start is 10⁻⁸. The first step multiplies z by 10⁸, and the secant through both points gives 0. */
    static Problem steep() {
        return scalar("10⁸ z", 1e-8, 0, z -> 1e8 * z);
    }

    /** {@code z/2 + c}; the start is 0. The fixed point is 2 c. */
    static Problem halving(double c) {
        return scalar("z/2 + " + c, 0, 2 * c, z -> z / 2 + c);
    }

    private static Problem scalar(String name, double start, double solution, DoubleUnaryOperator f) {
        return new Problem(name, OWN, new double[] {start}, (z, out) -> out[0] = f.applyAsDouble(z[0]), new double[] {solution}, 0);
    }

    /**
     * {@code max(0, 1 - 2/n Σ z)}: n units that inhibit each other. The start is 0, where f is 1. At the next point f is 0. The fixed point
     * is 1/3.
     */
    static Problem crowd(int n) {
        return new Problem("ReLU cell, W = -2/" + n, OWN, new double[n], (z, out) -> {
            double sum = 0;
            for (double e : z) {
                sum += e;
            }
            Arrays.fill(out, Math.max(0, 1 - 2 * sum / n));
        }, Systems.filled(n, 1.0 / 3), 0);
    }

    /**
     * {@code max(0, W z + b)} with {@code W = -|N(0, ¼)|} and {@code b = |N(0, 1)|}; the start is 0. A larger value of one unit makes all
     * units smaller.
     */
    static Problem inhibitory(int n, long seed) {
        Random random = new Random(seed);
        double[] w = new double[n * n];
        double[] b = new double[n];
        for (int i = 0; i < w.length; i++) {
            w[i] = -Math.abs(random.nextGaussian() / 2);
        }
        for (int i = 0; i < n; i++) {
            b[i] = Math.abs(random.nextGaussian());
        }
        return Problem.unknown("inhibitory cell " + seed, OWN, new double[n], (z, out) -> rectified(w, z, b, out));
    }

    /** {@code max(0, W z - |c|)} with ‖W‖ = norm; the start is |N(0, 1)|. 0 is the only fixed point, and f is 0 in a region around it. */
    static Problem off(int n, double norm) {
        double[] w = scaled(n, 31, norm);
        double[] c = Cells.gaussian(n, 32);
        double[] start = Cells.gaussian(n, 33);
        for (int i = 0; i < n; i++) {
            c[i] = -Math.abs(c[i]) / 100;
            start[i] = Math.abs(start[i]);
        }
        return new Problem("ReLU cell with equilibrium 0", OWN, start, (z, out) -> rectified(w, z, c, out), new double[n], 0);
    }

    /** {@code tanh(W z)} with ‖W‖ = norm; the start is N(0, 1). 0 is the only fixed point. */
    static Problem odd(int n, double norm) {
        double[] w = scaled(n, 34, norm);
        double[] none = new double[n];
        return new Problem("tanh cell with equilibrium 0", OWN, Cells.gaussian(n, 35), (z, out) -> {
            Cells.affine(w, z, none, out);
            for (int i = 0; i < n; i++) {
                out[i] = StrictMath.tanh(out[i]);
            }
        }, new double[n], 0);
    }

    private static void rectified(double[] w, double[] z, double[] c, double[] out) {
        Cells.affine(w, z, c, out);
        for (int i = 0; i < out.length; i++) {
            out[i] = Math.max(out[i], 0);
        }
    }

    /** A Gaussian matrix scaled to the largest singular value {@code norm}, which is the root of the spectral radius of Wᵀ W. */
    private static double[] scaled(int n, long seed, double norm) {
        double[] w = Cells.gaussian(n * n, seed);
        double[] gram = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                for (int k = 0; k < n; k++) {
                    gram[i * n + j] += w[k * n + i] * w[k * n + j];
                }
            }
        }
        double factor = norm / Math.sqrt(SpectralRadius.of(gram, n));
        for (int i = 0; i < w.length; i++) {
            w[i] *= factor;
        }
        return w;
    }
}
