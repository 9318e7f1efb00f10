package dev.zstar.kernels.simd.small;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Failures;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.simd.tuning.Tuning;
import dev.zstar.kernels.spi.SmallShapes;

/** Checks each call, shares its systems with the team if there are enough, and passes addresses to the kernels of the operands' type. */
public final class SimdSmallMatrices implements SmallMatrices {
    private final Team team;

    public SimdSmallMatrices(Team team) {
        this.team = team;
    }

    @Override
    public void multiply(Block a, Block b, Block out) {
        try (SmallJob job = SmallJob.enter()) {
            int d = SmallShapes.multiply(a, b, out);
            run(job, SmallJob.Kind.MULTIPLY, d, d, d, a, null, b, out, null, 2.0 * d * d * d);
        }
    }

    @Override
    public void transform(Block m, Block v, Block out) {
        try (SmallJob job = SmallJob.enter()) {
            int d = SmallShapes.transform(m, v, out);
            int k = v.rows() / d;
            run(job, m.cols() == 1 ? SmallJob.Kind.TRANSFORM : SmallJob.Kind.MULTIPLY, d, d, k, m, null, v, out, null,
                    2.0 * d * d * k);
        }
    }

    @Override
    public void solve(Block m, Block rhs, Block out, Failures singular) {
        try (SmallJob job = SmallJob.enter()) {
            int d = SmallShapes.solve(m, rhs, out, singular);
            int k = rhs.rows() / d;
            run(job, SmallJob.Kind.SOLVE, d, d, k, m, null, rhs, out, singular, 2.0 * d * d * d * k);
        }
    }

    @Override
    public void cholesky(Block a, Failures indefinite) {
        try (SmallJob job = SmallJob.enter()) {
            int n = SmallShapes.cholesky(a, indefinite);
            run(job, SmallJob.Kind.CHOLESKY, n, n, 0, a, null, a, a, indefinite, n * n * n / 3.0);
        }
    }

    @Override
    public void solveCholesky(Block l, Block rhs) {
        try (SmallJob job = SmallJob.enter()) {
            int n = SmallShapes.solveCholesky(l, rhs);
            int k = rhs.rows() / n;
            run(job, SmallJob.Kind.SOLVE_CHOLESKY, n, n, k, l, null, rhs, rhs, null, 2.0 * n * n * k);
        }
    }

    @Override
    public void qr(Block a, Block tau) {
        try (SmallJob job = SmallJob.enter()) {
            SmallShapes.qr(a, tau);
            int n = tau.rows();
            int m = a.rows() / n;
            run(job, SmallJob.Kind.QR, m, n, 0, a, tau, a, a, null, 2.0 * n * n * m);
        }
    }

    @Override
    public void solveQr(Block qr, Block tau, Block rhs, Block out, Failures singular) {
        try (SmallJob job = SmallJob.enter()) {
            SmallShapes.solveQr(qr, tau, rhs, out, singular);
            int n = tau.rows();
            int m = qr.rows() / n;
            int k = rhs.rows() / m;
            run(job, SmallJob.Kind.SOLVE_QR, m, n, k, qr, tau, rhs, out, singular, (4.0 * m + n) * n * k);
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
        Tuning.share(team, job, pieces, work);
    }
}
