package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallScope;
import dev.zstar.kernels.Failures;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.spi.SmallShapes;

/** One system after the other, each by its formula. */
final class ScalarSmallMatrices implements SmallMatrices {
    @Override
    public void multiply(Block a, Block b, Block out) {
        multiply(SmallShapes.multiply(a, b, out), a, b, out);
    }

    @Override
    public void transform(Block m, Block v, Block out) {
        multiply(SmallShapes.transform(m, v, out), m, v, out);
    }

    private void multiply(int d, Block m, Block v, Block out) {
        try (var _ = CallScope.enter()) {
            for (int s = 0; s < v.cols(); s++) {
                int matrix = m.cols() == 1 ? 0 : s;
                for (int c = 0; c < v.rows() / d; c++) {
                    if (v.type() == Type.F32) {
                        F32Systems.multiply(d, m, matrix, v, out, c, s);
                    } else {
                        F64Systems.multiply(d, m, matrix, v, out, c, s);
                    }
                }
            }
        }
    }

    @Override
    public void solve(Block m, Block rhs, Block out, Failures singular) {
        try (var _ = CallScope.enter()) {
            int d = SmallShapes.solve(m, rhs, out, singular);
            clear(singular);
            for (int s = 0; s < m.cols(); s++) {
                for (int c = 0; c < rhs.rows() / d; c++) {
                    boolean regular = m.type() == Type.F32
                            ? F32Systems.solve(d, m, rhs, out, c, s)
                            : F64Systems.solve(d, m, rhs, out, c, s);
                    report(regular, s, singular);
                }
            }
        }
    }

    @Override
    public void cholesky(Block a, Failures indefinite) {
        try (var _ = CallScope.enter()) {
            int n = SmallShapes.cholesky(a, indefinite);
            clear(indefinite);
            for (int s = 0; s < a.cols(); s++) {
                report(a.type() == Type.F32 ? F32Systems.cholesky(n, a, s) : F64Systems.cholesky(n, a, s), s, indefinite);
            }
        }
    }

    @Override
    public void solveCholesky(Block l, Block rhs) {
        try (var _ = CallScope.enter()) {
            int n = SmallShapes.solveCholesky(l, rhs);
            for (int s = 0; s < l.cols(); s++) {
                for (int c = 0; c < rhs.rows() / n; c++) {
                    if (l.type() == Type.F32) {
                        F32Systems.solveCholesky(n, l, rhs, c, s);
                    } else {
                        F64Systems.solveCholesky(n, l, rhs, c, s);
                    }
                }
            }
        }
    }

    @Override
    public void qr(Block a, Block tau) {
        try (var _ = CallScope.enter()) {
            SmallShapes.qr(a, tau);
            int n = tau.rows();
            for (int s = 0; s < a.cols(); s++) {
                if (a.type() == Type.F32) {
                    F32Systems.qr(a.rows() / n, n, a, tau, s);
                } else {
                    F64Systems.qr(a.rows() / n, n, a, tau, s);
                }
            }
        }
    }

    @Override
    public void solveQr(Block qr, Block tau, Block rhs, Block out, Failures singular) {
        try (var _ = CallScope.enter()) {
            SmallShapes.solveQr(qr, tau, rhs, out, singular);
            int n = tau.rows();
            int m = qr.rows() / n;
            clear(singular);
            for (int s = 0; s < qr.cols(); s++) {
                for (int c = 0; c < rhs.rows() / m; c++) {
                    boolean regular = qr.type() == Type.F32
                            ? F32Systems.solveQr(m, n, qr, tau, rhs, out, c, s)
                            : F64Systems.solveQr(m, n, qr, tau, rhs, out, c, s);
                    report(regular, s, singular);
                }
            }
        }
    }

    private static void clear(Failures failures) {
        if (failures != null) {
            failures.clear();
        }
    }

    private static void report(boolean succeeded, int s, Failures failures) {
        if (!succeeded && failures != null) {
            failures.mark(s, 1);
        }
    }
}
