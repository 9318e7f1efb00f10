package dev.zstar.kernels.simd.small;

import dev.zstar.kernels.Block;

/** Turns the operands of a call into addresses, for the systems {@code first ≤ s < end}; {@code first} is a multiple of 64. */
final class F32SmallJob {
    private static final int L = F32Packed.L;
    private static final long BYTES = F32Packed.BYTES;
    /** The number of systems that are packed together. */
    private static final int GROUP = SystemsScratch.VECTORS * L;
    /** This many systems stay in the second-level cache from one right-hand side to the next: 1024 · 16 · 4 B = 64 KiB. */
    private static final int CHUNK = 1024;

    /**
     * If a diagonal element of L is smaller, the matrix is below its square, and a solution may be normal although its right-hand side is
     * not.
     */
    private static final float TINY = 0x1p-20f; // twin: private static final double TINY = 0x1p-100;
    /** If a diagonal element of L is larger, products with a right-hand side of that size may overflow. */
    private static final float HUGE = 0x1p58f; // twin: private static final double HUGE = 0x1p506;

    private F32SmallJob() {}

    static void run(SmallJob job, int first, int end) {
        switch (job.kind) {
            case MULTIPLY, TRANSFORM, SOLVE -> {
                for (int s = first; s < end; s += CHUNK) {
                    unrolled(job, s, Math.min(CHUNK, end - s));
                }
            }
            case CHOLESKY -> {
                for (int s = first; s < end; s += GROUP) {
                    cholesky(job, s, Math.min(GROUP, end - s));
                }
            }
            case SOLVE_CHOLESKY -> {
                for (int s = first; s < end; s += GROUP) {
                    solveCholesky(job, s, Math.min(GROUP, end - s));
                }
            }
            case QR -> {
                for (int s = first; s < end; s += GROUP) {
                    qr(job, s, Math.min(GROUP, end - s));
                }
            }
            case SOLVE_QR -> {
                for (int s = first; s < end; s += L) {
                    solveQr(job, s, Math.min(L, end - s));
                }
            }
        }
    }

    /** Element 0 of system {@code s}. */
    private static long at(Block block, int s) {
        return block.address() + (long) s * block.type().bytes();
    }

    private static void unrolled(SmallJob job, int s, int systems) {
        long as = job.a.strideBytes();
        long bs = job.b.strideBytes();
        long os = job.out.strideBytes();
        for (int c = 0; c < job.k; c++) {
            long b = at(job.b, s) + c * bs;
            long out = at(job.out, s) + c * os;
            switch (job.kind) {
                case MULTIPLY -> F32Unrolled.multiply(job.n, at(job.a, s), as, b, job.k * bs, out, job.k * os, systems);
                case TRANSFORM -> F32Unrolled.transform(job.n, job.a.address(), as, b, job.k * bs, out, job.k * os, systems);
                default -> F32Unrolled.solve(job.n, at(job.a, s), as, b, job.k * bs, out, job.k * os, systems, job, c, s);
            }
        }
    }

    /** The lanes that are systems. */
    private static long own(long lanes, int systems) {
        return lanes & -1L >>> (Long.SIZE - Math.min(L, systems));
    }

    private static void report(SmallJob job, long failed, int s, int systems) {
        long own = own(failed, systems);
        if (own != 0 && job.failures != null) {
            job.failures.mark(s, own);
        }
    }

    private static int vectors(int systems) {
        return (systems + L - 1) / L;
    }

    /** Bytes from row to row of packed matrices: an odd number of vectors, so that a column uses all sets of a cache. */
    private static long row(int n) {
        return (n | 1) * BYTES;
    }

    private static void cholesky(SmallJob job, int s, int systems) {
        int n = job.n;
        long reciprocals = SystemsScratch.address();
        long packed = reciprocals + SystemsScratch.VECTORS * BYTES;
        long matrix = n * row(n);
        F32Packed.in(at(job.a, s), job.a.strideBytes(), n, n, true, vectors(systems), packed, row(n), BYTES, matrix);
        for (int v = 0; v < vectors(systems); v++) {
            long unsure = F32Cholesky.factor(packed + v * matrix, row(n), n, reciprocals, at(job.a, s + v * L), job.a.strideBytes());
            F32Fallback.cholesky(job, s + v * L, own(unsure, systems - v * L), packed + v * matrix, row(n));
        }
        F32Packed.out(packed, row(n), BYTES, matrix, at(job.a, s), job.a.strideBytes(), n, n, true, systems);
    }

    private static void solveCholesky(SmallJob job, int s, int systems) {
        int n = job.n;
        long x = SystemsScratch.address();
        long xs = SystemsScratch.VECTORS * BYTES;
        long unsure = 0;
        for (int v = 0; v < vectors(systems); v++) {
            long outside = F32Packed.outside(TINY, HUGE, at(job.a, s + v * L), (n + 1L) * job.a.strideBytes(), n);
            unsure |= own(outside, systems - v * L) << v * L;
        }
        for (int c = 0; c < job.k; c++) {
            long rhs = at(job.out, s) + c * job.out.strideBytes();
            F32Packed.in(rhs, job.k * job.out.strideBytes(), n, 1, false, vectors(systems), x, xs, 0, BYTES);
            if (systems == GROUP) {
                substitute4(at(job.a, s), job.a.strideBytes(), n, x, xs);
            } else {
                for (int v = 0; v < vectors(systems); v++) {
                    substitute(at(job.a, s + v * L), job.a.strideBytes(), n, x + v * BYTES, xs);
                }
            }
            if (unsure != 0) {
                F32Fallback.solveCholesky(job, c, s, unsure, x, xs);
            }
            F32Packed.out(x, xs, 0, BYTES, rhs, job.k * job.out.strideBytes(), n, 1, false, systems);
        }
    }

    private static void substitute4(long l, long ls, int n, long x, long xs) {
        long row = n * ls;
        for (int i = 0; i < n; i++) {
            F32Packed.substitute4(l + i * row, ls, x, xs, i, l + i * (row + ls), x + i * xs);
        }
        for (int i = n - 1; i >= 0; i--) {
            long d = l + i * (row + ls);
            F32Packed.substitute4(d + row, row, x + (i + 1) * xs, xs, n - 1 - i, d, x + i * xs);
        }
    }

    private static void substitute(long l, long ls, int n, long x, long xs) {
        long row = n * ls;
        for (int i = 0; i < n; i++) {
            F32Packed.substitute(l + i * row, ls, x, xs, i, l + i * (row + ls), x + i * xs);
        }
        for (int i = n - 1; i >= 0; i--) {
            long d = l + i * (row + ls);
            F32Packed.substitute(d + row, row, x + (i + 1) * xs, xs, n - 1 - i, d, x + i * xs);
        }
    }

    private static void qr(SmallJob job, int s, int systems) {
        int m = job.m;
        int n = job.n;
        long tau = SystemsScratch.address();
        long packed = tau + SystemsScratch.VECTORS * BYTES * n;
        long matrix = m * row(n);
        F32Packed.in(at(job.a, s), job.a.strideBytes(), m, n, false, vectors(systems), packed, row(n), BYTES, matrix);
        for (int v = 0; v < vectors(systems); v++) {
            long unsure = F32Householder.factor(packed + v * matrix, row(n), m, n, tau + v * BYTES * n);
            F32Fallback.qr(job, s + v * L, own(unsure, systems - v * L), packed + v * matrix, row(n), tau + v * BYTES * n);
        }
        F32Packed.out(packed, row(n), BYTES, matrix, at(job.a, s), job.a.strideBytes(), m, n, false, systems);
        F32Packed.out(tau, BYTES, 0, n * BYTES, at(job.tau, s), job.tau.strideBytes(), n, 1, false, systems);
    }

    private static void solveQr(SmallJob job, int s, int systems) {
        int m = job.m;
        int n = job.n;
        long a = at(job.a, s);
        long step = job.a.strideBytes();
        long y = SystemsScratch.address();
        for (int c = 0; c < job.k; c++) {
            long rhs = at(job.b, s) + c * job.b.strideBytes();
            F32Packed.in(rhs, job.k * job.b.strideBytes(), m, 1, false, 1, y, BYTES, 0, 0);
            for (int k = 0; k < n; k++) {
                long tau = at(job.tau, s) + k * job.tau.strideBytes();
                F32Householder.reflect(a + (k * n + k) * step, n * step, m - k, tau, y + k * BYTES, BYTES);
            }
            for (int i = n - 1; i >= 0; i--) {
                long d = a + (i * n + i) * step;
                F32Packed.substitute(d + step, step, y + (i + 1) * BYTES, BYTES, n - 1 - i, d, y + i * BYTES);
            }
            report(job, F32Packed.refuse(a, (n + 1) * step, n, y, BYTES), s, systems);
            long out = at(job.out, s) + c * job.out.strideBytes();
            F32Packed.out(y, BYTES, 0, 0, out, job.k * job.out.strideBytes(), n, 1, false, systems);
        }
    }
}
