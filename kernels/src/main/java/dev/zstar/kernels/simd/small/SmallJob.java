package dev.zstar.kernels.simd.small;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.Failures;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.simd.lanes.CallJob;

/** One call of {@link SimdSmallMatrices}, as pieces that workers run. Each call scope has one and reuses it. */
final class SmallJob extends CallJob {
    private static final CallLocal<SmallJob> JOBS = new CallLocal<>(SmallJob::new);

    /** Systems of a piece: the bits of a word of {@link Failures}, which only one thread may write. */
    static final int PIECE = 64;

    enum Kind {
        MULTIPLY, TRANSFORM, SOLVE, CHOLESKY, SOLVE_CHOLESKY, QR, SOLVE_QR
    }

    Kind kind;
    /** Rows and columns of a matrix. */
    int m;
    int n;
    /** Right-hand sides, or columns of the second matrix. */
    int k;
    Block a;
    Block tau;
    Block b;
    Block out;
    Failures failures;

    static SmallJob enter() {
        return enter(JOBS);
    }

    @Override
    protected void clear() {
        a = null;
        tau = null;
        b = null;
        out = null;
        failures = null;
    }

    @Override
    public void run(int from, int to) {
        int first = from * PIECE;
        int end = Math.min(to * PIECE, out.cols());
        if (a.type() == Type.F32) {
            F32SmallJob.run(this, first, end);
        } else {
            F64SmallJob.run(this, first, end);
        }
    }
}
