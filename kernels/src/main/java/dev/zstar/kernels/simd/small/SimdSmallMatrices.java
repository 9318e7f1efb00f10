package dev.zstar.kernels.simd.small;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.CallScope;
import dev.zstar.kernels.Failures;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.simd.tuning.Tuning;
import dev.zstar.kernels.spi.SmallShapes;

/** Checks each call, shares its systems with the team if there are enough, and passes addresses to the kernels of the operands' type. */
public final class SimdSmallMatrices implements SmallMatrices {
    private static final CallLocal<SmallJob> JOBS = new CallLocal<>(SmallJob::new);

    private final Team team;

    public SimdSmallMatrices(Team team) {
        this.team = team;
    }

    @Override
    public void multiply(Block a, Block b, Block out) {
        CallScope call = CallScope.enter();
        try {
            int d = SmallShapes.multiply(a, b, out);
            run(JOBS.of(call), SmallJob.Kind.MULTIPLY, d, d, d, a, null, b, out, null, 2.0 * d * d * d);
        } finally {
            call.leave();
        }
    }

    @Override
    public void transform(Block m, Block v, Block out) {
        CallScope call = CallScope.enter();
        try {
            int d = SmallShapes.transform(m, v, out);
            int k = v.rows() / d;
            run(JOBS.of(call), m.cols() == 1 ? SmallJob.Kind.TRANSFORM : SmallJob.Kind.MULTIPLY, d, d, k, m, null, v, out, null,
                    2.0 * d * d * k);
        } finally {
            call.leave();
        }
    }

    @Override
    public void solve(Block m, Block rhs, Block out, Failures singular) {
        CallScope call = CallScope.enter();
        try {
            int d = SmallShapes.solve(m, rhs, out, singular);
            int k = rhs.rows() / d;
            run(JOBS.of(call), SmallJob.Kind.SOLVE, d, d, k, m, null, rhs, out, singular, 2.0 * d * d * d * k);
        } finally {
            call.leave();
        }
    }

    @Override
    public void cholesky(Block a, Failures indefinite) {
        CallScope call = CallScope.enter();
        try {
            int n = SmallShapes.cholesky(a, indefinite);
            run(JOBS.of(call), SmallJob.Kind.CHOLESKY, n, n, 0, a, null, a, a, indefinite, n * n * n / 3.0);
        } finally {
            call.leave();
        }
    }

    @Override
    public void solveCholesky(Block l, Block rhs) {
        CallScope call = CallScope.enter();
        try {
            int n = SmallShapes.solveCholesky(l, rhs);
            int k = rhs.rows() / n;
            run(JOBS.of(call), SmallJob.Kind.SOLVE_CHOLESKY, n, n, k, l, null, rhs, rhs, null, 2.0 * n * n * k);
        } finally {
            call.leave();
        }
    }

    @Override
    public void qr(Block a, Block tau) {
        CallScope call = CallScope.enter();
        try {
            SmallShapes.qr(a, tau);
            int n = tau.rows();
            int m = a.rows() / n;
            run(JOBS.of(call), SmallJob.Kind.QR, m, n, 0, a, tau, a, a, null, 2.0 * n * n * m);
        } finally {
            call.leave();
        }
    }

    @Override
    public void solveQr(Block qr, Block tau, Block rhs, Block out, Failures singular) {
        CallScope call = CallScope.enter();
        try {
            SmallShapes.solveQr(qr, tau, rhs, out, singular);
            int n = tau.rows();
            int m = qr.rows() / n;
            int k = rhs.rows() / m;
            run(JOBS.of(call), SmallJob.Kind.SOLVE_QR, m, n, k, qr, tau, rhs, out, singular, (4.0 * m + n) * n * k);
        } finally {
            call.leave();
        }
    }

    /** @param operations arithmetic of one system; moving an element counts as 4 */
    private void run(
            SmallJob job, SmallJob.Kind kind, int m, int n, int k, Block a, Block tau, Block b, Block out, Failures failures,
            double operations) {
        if (failures != null) {
            failures.clear();
        }
        job.kind = kind;
        job.m = m;
        job.n = n;
        job.k = k;
        job.a = a;
        job.tau = tau;
        job.b = b;
        job.out = out;
        job.failures = failures;
        int systems = out.cols();
        int pieces = (int) (((long) systems + SmallJob.PIECE - 1) / SmallJob.PIECE);
        double work = systems * (operations + 4.0 * ((a.cols() == 1 ? 0 : a.rows()) + b.rows() + out.rows()));
        try {
            Tuning.share(team, job, pieces, work);
        } finally {
            job.clear();
        }
    }
}
