package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.jvm.Fma;

/**
 * The operations on small matrices for one system: column {@code s} of every block, element (r, c) in row {@code r · n + c}. They are
 * accurate at every scale that {@link SmallMatrices} allows, and report systems that fail. Vector code leaves extreme systems to them.
 */
public final class F32Systems {
    private static final float U = 0x1p-24f; // twin: private static final double U = 0x1p-53;
    /** A matrix whose largest element has a smaller exponent is scaled up. */
    private static final int FINE = -60; // twin: private static final int FINE = -500;
    /** A matrix whose largest element has a larger exponent is scaled down to this one. */
    private static final int LARGE = 123; // twin: private static final int LARGE = 1019;
    /** A factor that makes every subnormal number normal. */
    private static final float NORMALISER = 0x1p24f; // twin: private static final double NORMALISER = 0x1p53;

    /** Arrays that a formula may overwrite, one set for each call scope. */
    private static final class Room {
        final float[] a = new float[SmallMatrices.ORDER * SmallMatrices.ORDER];
        final float[] subtracted = new float[SmallMatrices.ORDER * SmallMatrices.ORDER];
        final float[] x = new float[SmallMatrices.ORDER];
        final int[] scale = new int[SmallMatrices.ORDER];
    }

    private static final CallLocal<Room> ROOM = new CallLocal<>(Room::new);

    private F32Systems() {}

    /** Column {@code c} of {@code out}: {@code out_r = Σ_j m_rj v_j}. It may be {@code v}. */
    static void multiply(int d, Block m, int matrix, Block v, Block out, int c, int s) {
        float[] room = ROOM.get().x;
        int k = v.rows() / d;
        for (int r = 0; r < d; r++) {
            float sum = (float) m.get(r * d, matrix) * (float) v.get(c, s);
            for (int j = 1; j < d; j++) {
                sum = Fma.of((float) m.get(r * d + j, matrix), (float) v.get(j * k + c, s), sum);
            }
            room[r] = sum;
        }
        for (int r = 0; r < d; r++) {
            out.set(r * k + c, s, room[r]);
        }
    }

    /** Column {@code c} of {@code out}. Returns false, and leaves NaN, if the matrix is singular. */
    public static boolean solve(int d, Block m, Block rhs, Block out, int c, int s) {
        Room room = ROOM.get();
        int k = rhs.rows() / d;
        float largest = 0;
        for (int i = 0; i < d * d; i++) {
            room.a[i] = (float) m.get(i, s);
            largest = Math.max(largest, Math.abs(room.a[i]));
        }
        int scale = scale(largest);
        for (int i = 0; i < d * d; i++) {
            room.a[i] = Math.scalb(room.a[i], scale);
        }
        largest = 0;
        for (int i = 0; i < d; i++) {
            room.x[i] = Math.scalb((float) rhs.get(i * k + c, s), scale);
            largest = Math.max(largest, Math.abs(room.x[i]));
        }
        int shift = largest < Float.POSITIVE_INFINITY ? Math.min(0, LARGE - Math.getExponent(largest)) : 0;
        for (int i = 0; i < d; i++) {
            room.x[i] = Math.scalb(room.x[i], shift);
        }
        boolean regular = eliminate(d, room.a, room.x, room.subtracted);
        for (int i = 0; i < d; i++) {
            out.set(i * k + c, s, regular ? Math.scalb(room.x[i], -shift) : Float.NaN);
        }
        return regular;
    }

    /**
     * The power of two by which both sides are multiplied: none, unless pivots might be subnormal, or elimination, which can double
     * elements, might overflow.
     */
    private static int scale(float largest) {
        if (!(largest > 0 && largest < Float.POSITIVE_INFINITY)) {
            return 0;
        }
        int exponent = exponent(largest);
        return exponent < FINE ? -exponent : Math.min(0, LARGE - exponent);
    }

    /** {@code ⌊log₂ x⌋} of {@code x > 0}, subnormal or not. */
    private static int exponent(float x) {
        return x < Float.MIN_NORMAL ? Math.getExponent(x * NORMALISER) - Math.getExponent(NORMALISER) : Math.getExponent(x);
    }

    /**
     * Elimination in {@code a} and {@code x}; {@code most} receives the largest magnitude that each element had before its last
     * subtraction.
     */
    private static boolean eliminate(int d, float[] a, float[] x, float[] most) {
        java.util.Arrays.fill(most, 0, d * d, 0);
        boolean regular = true;
        for (int p = 0; p < d; p++) {
            for (int i = p + 1; i < d; i++) {
                if (Math.abs(a[i * d + p]) > Math.abs(a[p * d + p])) {
                    exchange(d, a, p, i);
                    exchange(d, most, p, i);
                    exchange(1, x, p, i);
                }
            }
            float pivot = Math.abs(a[p * d + p]);
            boolean computed = p > 0 && pivot != most[p * d + p];
            regular &= pivot > 3 * d * U * most[p * d + p] && pivot < Float.POSITIVE_INFINITY && (pivot >= Float.MIN_NORMAL || !computed);
            for (int i = p + 1; i < d; i++) {
                float l = a[i * d + p] / a[p * d + p];
                for (int j = p + 1; j < d; j++) {
                    most[i * d + j] = Math.max(most[i * d + j], Math.abs(a[i * d + j]));
                    a[i * d + j] = Fma.of(-l, a[p * d + j], a[i * d + j]);
                }
                x[i] = Fma.of(-l, x[p], x[i]);
            }
        }
        for (int i = d - 1; i >= 0; i--) {
            for (int j = i + 1; j < d; j++) {
                x[i] = Fma.of(-a[i * d + j], x[j], x[i]);
            }
            x[i] /= a[i * d + i];
        }
        return regular;
    }

    /** Exchanges rows p and i of {@code width} elements. */
    private static void exchange(int width, float[] a, int p, int i) {
        for (int j = 0; j < width; j++) {
            float t = a[p * width + j];
            a[p * width + j] = a[i * width + j];
            a[i * width + j] = t;
        }
    }

    /**
     * Returns false if the matrix is not positive definite. Row and column i are divided by the same power of two, about {@code √a_ii},
     * so that nothing over- or underflows whatever the scale of each.
     */
    public static boolean cholesky(int n, Block a, int s) {
        Room room = ROOM.get();
        float[] l = room.a;
        int[] scale = room.scale;
        for (int i = 0; i < n; i++) {
            float diagonal = (float) a.get(i * n + i, s);
            scale[i] = diagonal > 0 && diagonal < Float.POSITIVE_INFINITY ? Math.floorDiv(exponent(diagonal), 2) : 0;
            for (int j = 0; j <= i; j++) {
                l[i * n + j] = Math.scalb((float) a.get(i * n + j, s), -scale[i] - scale[j]);
            }
        }
        boolean definite = true;
        for (int j = 0; j < n; j++) {
            float least = 2 * (n + 2) * U * l[j * n + j];
            float reciprocal = Float.NaN;
            for (int i = j; i < n; i++) {
                float sum = l[i * n + j];
                for (int k = 0; k < j; k++) {
                    sum = Fma.of(-l[i * n + k], l[j * n + k], sum);
                }
                if (i > j) {
                    l[i * n + j] = sum * reciprocal;
                } else {
                    boolean positive = sum > Math.max(least, 0) && sum < Float.POSITIVE_INFINITY;
                    definite &= positive;
                    float root = positive ? (float) Math.sqrt(sum) : Float.NaN;
                    reciprocal = 1 / root;
                    l[j * n + j] = root;
                }
            }
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                a.set(i * n + j, s, Math.scalb(l[i * n + j], scale[i]));
            }
        }
        return definite;
    }

    /** Column {@code c} of {@code x}: {@code L y = x}, {@code Lᵀ x = y}, both sides divided by powers of two. */
    public static void solveCholesky(int n, Block l, Block x, int c, int s) {
        float[] y = ROOM.get().x;
        int k = x.rows() / n;
        float largest = 0;
        float diagonal = 0;
        for (int i = 0; i < n; i++) {
            y[i] = (float) x.get(i * k + c, s);
            largest = Math.max(largest, Math.abs(y[i]));
            diagonal = Math.max(diagonal, (float) l.get(i * n + i, s));
        }
        int e = largest > 0 && largest < Float.POSITIVE_INFINITY ? exponent(largest) : 0;
        int q = diagonal > 0 && diagonal < Float.POSITIVE_INFINITY ? exponent(diagonal) : 0;
        for (int i = 0; i < n; i++) {
            float sum = Math.scalb(y[i], -e);
            for (int j = 0; j < i; j++) {
                sum = Fma.of(-scaled(l, i * n + j, s, q), y[j], sum);
            }
            y[i] = sum / scaled(l, i * n + i, s, q);
        }
        for (int i = n - 1; i >= 0; i--) {
            float sum = y[i];
            for (int j = i + 1; j < n; j++) {
                sum = Fma.of(-scaled(l, j * n + i, s, q), y[j], sum);
            }
            y[i] = sum / scaled(l, i * n + i, s, q);
            x.set(i * k + c, s, Math.scalb(y[i], e - 2 * q));
        }
    }

    private static float scaled(Block l, int element, int s, int q) {
        return Math.scalb((float) l.get(element, s), -q);
    }

    /**
     * Columns are divided by powers of two, which R takes back, so that nothing over- or underflows whatever the scale of each. If the
     * type cannot hold an element of R, the diagonal element of its column becomes infinite.
     */
    public static void qr(int m, int n, Block a, Block tau, int s) {
        Room room = ROOM.get();
        float[] q = room.a;
        for (int j = 0; j < n; j++) {
            float largest = 0;
            for (int i = 0; i < m; i++) {
                largest = Math.max(largest, Math.abs((float) a.get(i * n + j, s)));
            }
            room.scale[j] = largest > 0 && largest < Float.POSITIVE_INFINITY ? exponent(largest) : 0;
            for (int i = 0; i < m; i++) {
                q[i * n + j] = Math.scalb((float) a.get(i * n + j, s), -room.scale[j]);
            }
        }
        java.util.Arrays.fill(room.subtracted, 0, m * n, 0);
        for (int k = 0; k < n; k++) {
            float τ = reflection(m, n, k, q, room.subtracted);
            tau.set(k, s, τ);
            for (int j = k + 1; j < n; j++) {
                reflect(m, n, k, j, q, τ, room.subtracted);
            }
        }
        for (int j = 0; j < n; j++) {
            boolean held = true;
            for (int i = 0; i < m; i++) {
                float x = i <= j ? Math.scalb(q[i * n + j], room.scale[j]) : q[i * n + j];
                held &= !Float.isInfinite(x);
                a.set(i * n + j, s, i == j && !held ? Float.POSITIVE_INFINITY : x);
            }
        }
    }

    /**
     * Computes from the rest of column k its element of R and the vector v of the reflection, and returns τ. If earlier reflections have
     * subtracted so much that the rest is within their rounding error, it counts as 0.
     */
    private static float reflection(int m, int n, int k, float[] q, float[] subtracted) {
        float largest = 0;
        float noise = 0;
        for (int i = k; i < m; i++) {
            largest = Math.max(largest, Math.abs(q[i * n + k]));
            noise = Math.max(noise, subtracted[i * n + k]);
        }
        int scale = largest > 0 && largest < Float.POSITIVE_INFINITY ? exponent(largest) : 0;
        float squares = 0;
        for (int i = k + 1; i < m; i++) {
            float x = Math.scalb(q[i * n + k], -scale);
            squares = Fma.of(x, x, squares);
        }
        float α = Math.scalb(q[k * n + k], -scale);
        float norm = (float) Math.sqrt(Fma.of(α, α, squares));
        boolean nothing = Math.scalb(norm, scale) <= (m + 10) * U * noise;
        float β = α < 0 ? norm : -norm;
        boolean flat = squares == 0 || nothing;
        float factor = flat ? 0 : 1 / (α - β);
        q[k * n + k] = nothing ? 0 : Math.scalb(flat ? α : β, scale);
        for (int i = k + 1; i < m; i++) {
            q[i * n + k] = nothing ? 0 : Math.scalb(q[i * n + k], -scale) * factor;
        }
        return flat ? 0 : (β - α) / β;
    }

    /** Applies reflection k to column j; {@code subtracted} keeps the largest magnitude that was subtracted from each element. */
    private static void reflect(int m, int n, int k, int j, float[] q, float τ, float[] subtracted) {
        float w = q[k * n + j];
        for (int i = k + 1; i < m; i++) {
            w = Fma.of(q[i * n + k], q[i * n + j], w);
        }
        w *= τ;
        q[k * n + j] -= w;
        for (int i = k + 1; i < m; i++) {
            float v = q[i * n + k];
            subtracted[i * n + j] = Math.max(subtracted[i * n + j], Math.abs(w * v));
            q[i * n + j] = Fma.of(-w, v, q[i * n + j]);
        }
    }

    /** Column {@code c} of {@code out}. Returns false if the matrix is singular. */
    static boolean solveQr(int m, int n, Block qr, Block tau, Block rhs, Block out, int c, int s) {
        float[] y = ROOM.get().x;
        int columns = rhs.rows() / m;
        for (int i = 0; i < m; i++) {
            y[i] = (float) rhs.get(i * columns + c, s);
        }
        boolean regular = true;
        for (int k = 0; k < n; k++) {
            double pivot = Math.abs(qr.get(k * n + k, s));
            regular &= pivot >= Float.MIN_NORMAL && pivot < Double.POSITIVE_INFINITY;
            float w = y[k];
            for (int i = k + 1; i < m; i++) {
                w = Fma.of((float) qr.get(i * n + k, s), y[i], w);
            }
            w *= (float) tau.get(k, s);
            y[k] -= w;
            for (int i = k + 1; i < m; i++) {
                y[i] = Fma.of(-w, (float) qr.get(i * n + k, s), y[i]);
            }
        }
        for (int i = n - 1; i >= 0; i--) {
            for (int j = i + 1; j < n; j++) {
                y[i] = Fma.of(-(float) qr.get(i * n + j, s), y[j], y[i]);
            }
            y[i] /= (float) qr.get(i * n + i, s);
            regular &= Math.abs(y[i]) < Float.POSITIVE_INFINITY;
        }
        for (int i = 0; i < n; i++) {
            out.set(i * columns + c, s, regular ? y[i] : Float.NaN);
        }
        return regular;
    }
}
