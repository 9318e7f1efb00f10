package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.jvm.Fma;

/** The operations on small matrices for one system: column {@code s} of every block, element (r, c) in row {@code r · n + c}. */
final class F32Systems {
    private F32Systems() {}

    /** Column {@code c} of {@code out}: {@code out_r = Σ_j m_rj v_j}. {@code room} holds d elements, since {@code out} may be {@code v}. */
    static void multiply(int d, Block m, int matrix, Block v, Block out, int c, int s, float[] room) {
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

    /** Column {@code c} of {@code out}, by elimination in {@code a}, d² elements, and {@code x}, d. Returns false if the matrix is singular. */
    static boolean solve(int d, Block m, Block rhs, Block out, int c, int s, float[] a, float[] x) {
        int k = rhs.rows() / d;
        for (int i = 0; i < d * d; i++) {
            a[i] = (float) m.get(i, s);
        }
        for (int i = 0; i < d; i++) {
            x[i] = (float) rhs.get(i * k + c, s);
        }
        boolean regular = true;
        for (int p = 0; p < d; p++) {
            for (int i = p + 1; i < d; i++) {
                if (Math.abs(a[i * d + p]) > Math.abs(a[p * d + p])) {
                    exchange(d, a, x, p, i);
                }
            }
            regular &= Math.abs(a[p * d + p]) > 0;
            for (int i = p + 1; i < d; i++) {
                float l = a[i * d + p] / a[p * d + p];
                for (int j = p + 1; j < d; j++) {
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
        for (int i = 0; i < d; i++) {
            out.set(i * k + c, s, regular ? x[i] : Float.NaN);
        }
        return regular;
    }

    private static void exchange(int d, float[] a, float[] x, int p, int i) {
        for (int j = 0; j < d; j++) {
            float t = a[p * d + j];
            a[p * d + j] = a[i * d + j];
            a[i * d + j] = t;
        }
        float t = x[p];
        x[p] = x[i];
        x[i] = t;
    }

    /** Returns false if the matrix is not positive definite. */
    static boolean cholesky(int n, Block a, int s) {
        boolean definite = true;
        for (int j = 0; j < n; j++) {
            float reciprocal = Float.NaN;
            for (int i = j; i < n; i++) {
                float sum = (float) a.get(i * n + j, s);
                for (int k = 0; k < j; k++) {
                    sum = Fma.of(-(float) a.get(i * n + k, s), (float) a.get(j * n + k, s), sum);
                }
                if (i > j) {
                    a.set(i * n + j, s, sum * reciprocal);
                } else {
                    float root = sum > 0 ? (float) Math.sqrt(sum) : Float.NaN;
                    definite &= sum > 0;
                    reciprocal = 1 / root;
                    a.set(j * n + j, s, root);
                }
            }
        }
        return definite;
    }

    /** Column {@code c} of {@code x}: {@code L y = x}, {@code Lᵀ x = y}. */
    static void solveCholesky(int n, Block l, Block x, int c, int s) {
        int k = x.rows() / n;
        for (int i = 0; i < n; i++) {
            float sum = (float) x.get(i * k + c, s);
            for (int j = 0; j < i; j++) {
                sum = Fma.of(-(float) l.get(i * n + j, s), (float) x.get(j * k + c, s), sum);
            }
            x.set(i * k + c, s, sum / (float) l.get(i * n + i, s));
        }
        for (int i = n - 1; i >= 0; i--) {
            float sum = (float) x.get(i * k + c, s);
            for (int j = i + 1; j < n; j++) {
                sum = Fma.of(-(float) l.get(j * n + i, s), (float) x.get(j * k + c, s), sum);
            }
            x.set(i * k + c, s, sum / (float) l.get(i * n + i, s));
        }
    }

    static void qr(int m, int n, Block a, Block tau, int s) {
        for (int k = 0; k < n; k++) {
            float squares = 0;
            for (int i = k + 1; i < m; i++) {
                squares = Fma.of((float) a.get(i * n + k, s), (float) a.get(i * n + k, s), squares);
            }
            float α = (float) a.get(k * n + k, s);
            float norm = (float) Math.sqrt(Fma.of(α, α, squares));
            float β = α < 0 ? norm : -norm;
            boolean flat = squares == 0;
            float scale = flat ? 0 : 1 / (α - β);
            tau.set(k, s, flat ? 0 : (β - α) / β);
            a.set(k * n + k, s, flat ? α : β);
            for (int i = k + 1; i < m; i++) {
                a.set(i * n + k, s, (float) a.get(i * n + k, s) * scale);
            }
            for (int j = k + 1; j < n; j++) {
                float w = (float) a.get(k * n + j, s);
                for (int i = k + 1; i < m; i++) {
                    w = Fma.of((float) a.get(i * n + k, s), (float) a.get(i * n + j, s), w);
                }
                w *= (float) tau.get(k, s);
                a.set(k * n + j, s, (float) a.get(k * n + j, s) - w);
                for (int i = k + 1; i < m; i++) {
                    a.set(i * n + j, s, Fma.of(-w, (float) a.get(i * n + k, s), (float) a.get(i * n + j, s)));
                }
            }
        }
    }

    /** Column {@code c} of {@code out}, with {@code y}, m elements, for Qᵀ rhs. Returns false if the matrix is singular. */
    static boolean solveQr(int m, int n, Block qr, Block tau, Block rhs, Block out, int c, int s, float[] y) {
        int columns = rhs.rows() / m;
        for (int i = 0; i < m; i++) {
            y[i] = (float) rhs.get(i * columns + c, s);
        }
        boolean regular = true;
        for (int k = 0; k < n; k++) {
            regular &= Math.abs(qr.get(k * n + k, s)) > 0;
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
        }
        for (int i = 0; i < n; i++) {
            out.set(i * columns + c, s, regular ? y[i] : Float.NaN);
        }
        return regular;
    }
}
