package dev.zstar.kernels.simd.small;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;

import dev.zstar.kernels.scalar.F32Systems;

/**
 * Computes single systems of a vector with the scalar engine's formulas: those that may be singular, and those at scales where plain
 * squares and products overflow or underflow. A set bit of {@code lanes} is a system; bit 0 is system {@code first}.
 */
final class F32Fallback {
    private static final long BYTES = F32Packed.BYTES;

    private F32Fallback() {}

    private static void report(SmallJob job, int s) {
        if (job.failures != null) {
            job.failures.mark(s, 1);
        }
    }

    /** Column {@code column} of the right-hand sides, which are unchanged. */
    static void solve(SmallJob job, int column, int first, long lanes) {
        for (long left = lanes; left != 0; left &= left - 1) {
            int s = first + Long.numberOfTrailingZeros(left);
            if (!F32Systems.solve(job.n, job.a, job.b, job.out, column, s)) {
                report(job, s);
            }
        }
    }

    /**
     * Reads the matrices in the batch, which are unchanged, and writes the factors to the batch and to packed memory, which is copied to
     * the batch next.
     */
    static void cholesky(SmallJob job, int first, long lanes, long packed, long row) {
        for (long left = lanes; left != 0; left &= left - 1) {
            int lane = Long.numberOfTrailingZeros(left);
            if (!F32Systems.cholesky(job.n, job.a, first + lane)) {
                report(job, first + lane);
            }
            for (int i = 0; i < job.n; i++) {
                for (int j = 0; j <= i; j++) {
                    ALL.set(F32, packed + i * row + j * BYTES + lane * F32.byteSize(), (float) job.a.get(i * job.n + j, first + lane));
                }
            }
        }
    }

    /**
     * Column {@code column} of the right-hand sides, which are still in the batch, of up to four vectors side by side, with rows {@code
     * row} bytes apart.
     */
    static void solveCholesky(SmallJob job, int column, int first, long lanes, long packed, long row) {
        for (long left = lanes; left != 0; left &= left - 1) {
            int lane = Long.numberOfTrailingZeros(left);
            F32Systems.solveCholesky(job.n, job.a, job.out, column, first + lane);
            for (int i = 0; i < job.n; i++) {
                ALL.set(F32, packed + i * row + lane * F32.byteSize(), (float) job.out.get(i * job.k + column, first + lane));
            }
        }
    }

    /** The same for QR factors; {@code tau} is the address of the vectors of τ. */
    static void qr(SmallJob job, int first, long lanes, long packed, long row, long tau) {
        for (long left = lanes; left != 0; left &= left - 1) {
            int lane = Long.numberOfTrailingZeros(left);
            F32Systems.qr(job.m, job.n, job.a, job.tau, first + lane);
            for (int i = 0; i < job.m; i++) {
                for (int j = 0; j < job.n; j++) {
                    ALL.set(F32, packed + i * row + j * BYTES + lane * F32.byteSize(), (float) job.a.get(i * job.n + j, first + lane));
                }
            }
            for (int k = 0; k < job.n; k++) {
                ALL.set(F32, tau + k * BYTES + lane * F32.byteSize(), (float) job.tau.get(k, first + lane));
            }
        }
    }
}
