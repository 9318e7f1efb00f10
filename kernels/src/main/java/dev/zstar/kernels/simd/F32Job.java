package dev.zstar.kernels.simd;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.simd.lanes.Lanes;
import dev.zstar.kernels.simd.products.F32Epilogue;
import dev.zstar.kernels.simd.products.F32Gemm;
import dev.zstar.kernels.simd.products.F32Product;
import dev.zstar.kernels.simd.vectors.F32Adam;
import dev.zstar.kernels.simd.vectors.F32Around;
import dev.zstar.kernels.simd.vectors.F32Columns;
import dev.zstar.kernels.simd.vectors.F32Dots;
import dev.zstar.kernels.simd.vectors.F32Mix;
import dev.zstar.kernels.simd.vectors.F32Ring;
import dev.zstar.kernels.simd.vectors.F32Rows;
import dev.zstar.kernels.simd.vectors.F32Sweeps;
import java.util.Objects;

/** Turns the operands of a call into addresses. */
final class F32Job {
    private F32Job() {}

    static void run(Job job, int from, int to) {
        switch (job.kind) {
            case APPLY -> apply(job, from, to);
            case GEMM -> gemm(job, from, to);
            case SYSTEMS -> systems(job, from, to);
            case FINISH -> finish(job, from, to);
            case NORMS -> norms(job, from, to);
            case ADAM -> adam(job, from, to);
            case MULTIPLY_COLUMNS -> multiplyColumns(job, from, to);
            case COLUMNS_GRADIENT -> F32Columns.addGradient(job.x.address(), job.y.address(), job.x.strideBytes(), job.x.rows(),
                    job.x.cols(), job.out.address(), job.out.cols(), from, to);
            case DOT, ASUM, IAMAX -> sums(job, from, to);
            case MULTI_DOT, MULTI_AXPY, PROJECT, MIX, MIX_AROUND, STORE, NORMALISE, RESIDUAL_SWEEP -> sweep(job, from, to);
            default -> elementwise(job, from, to);
        }
    }

    private static void apply(Job job, int from, int to) {
        int rows = job.x.rows();
        if (job.byRows) {
            F32Product.apply(job.panels, job.x, job.out, job.epilogue, 0, job.panels.count,
                    Math.min(from * Job.ROWS, rows), Math.min(to * Job.ROWS, rows));
        } else {
            F32Product.apply(job.panels, job.x, job.out, job.epilogue, from, to, 0, rows);
        }
    }

    private static void gemm(Job job, int from, int to) {
        int rows = job.out.rows();
        int panels = F32Gemm.panels(job.out);
        F32Gemm.run(job.a, job.x, job.transposeX, job.y, job.transposeY, job.b, job.out,
                job.byRows ? 0 : from, job.byRows ? panels : to,
                job.byRows ? Math.min(from * Job.ROWS, rows) : 0, job.byRows ? Math.min(to * Job.ROWS, rows) : rows);
    }

    /** The operands were checked on the calling thread, which made the views. */
    private static void systems(Job job, int from, int to) {
        for (int i = from; i < to; i++) {
            Block c = job.out.part(i, job.count);
            F32Gemm.run(job.a, job.x.part(i, job.count), job.transposeX, job.y.part(i, job.count), job.transposeY, job.b, c, 0,
                    F32Gemm.panels(c), 0, c.rows());
        }
    }

    private static long row(Block block, int p) {
        return block.address() + p * block.strideBytes();
    }

    private static void finish(Job job, int from, int to) {
        Epilogue e = job.epilogue;
        int n = job.out.cols();
        for (int p = from; p < to; p++) {
            long out = row(job.out, p);
            long injection = e.injection() == null ? 0 : row(e.injection(), e.injectionRow(p));
            long slope = e.slope() == null ? 0 : row(e.slope(), p);
            F32Epilogue.finish(e.activation(), injection, e.bias() == null ? 0 : e.bias().address(), slope, out, n);
        }
    }

    /** Row by row, after the product. Panel by panel, the norms took three times as long. */
    private static void norms(Job job, int from, int to) {
        double[] room = Lanes.room();
        int at = 2 * Lanes.COUNT;
        for (int p = from; p < to; p++) {
            F32Rows.norms(row(job.out, p), row(job.x, p), job.out.cols(), room, room, at);
            job.epilogue.norms().set(p, room[at], room[at + 1]);
        }
    }

    private static void elementwise(Job job, int from, int to) {
        int n = job.x.cols();
        for (int p = from; p < to; p++) {
            long x = row(job.x, p);
            long y = row(job.y, p);
            switch (job.kind) {
                case AXPBY -> {
                    double a = job.coefficients == null ? job.a : job.coefficients[p];
                    double b = job.more == null ? job.b : job.more[p];
                    if (b == 0) {
                        F32Rows.scaleBy(a, x, y, n);
                    } else if (Type.F32.holds(a) && Type.F32.holds(b)) {
                        F32Rows.axpby((float) a, x, (float) b, y, n);
                    } else {
                        F32Rows.axpbyWide(a, x, b, y, n);
                    }
                }
                case MULTIPLY -> F32Rows.multiply(x, y, row(job.out, p), n);
                case MULTIPLY_ADD -> F32Rows.multiplyAdd(x, y, row(job.out, p), n);
                case ACTIVATE -> F32Epilogue.activate(job.activation, false, x, row(job.out, p), n);
                case DERIVATIVE -> F32Epilogue.activate(job.activation, true, x, row(job.out, p), n);
                default -> throw new AssertionError(job.kind);
            }
        }
    }

    private static void multiplyColumns(Job job, int from, int to) {
        F32Columns gain = F32Columns.repeated(job.y.address(), job.y.cols(), job.x.cols());
        for (int p = from; p < to; p++) {
            gain.multiply(row(job.x, p), row(job.out, p), job.x.cols());
        }
    }

    private static void adam(Job job, int from, int to) {
        F32Adam adam = F32Adam.of(job.step);
        for (int p = from; p < to; p++) {
            adam.step(row(job.x, p), row(job.y, p), row(job.out, p), row(job.second, p), job.x.cols());
        }
    }

    private static void sums(Job job, int from, int to) {
        int n = job.x.cols();
        double[] room = Lanes.room();
        for (int p = from; p < to; p++) {
            long x = row(job.x, p);
            switch (job.kind) {
                case DOT -> job.sums[p] = F32Rows.dot(x, row(job.y, p), n, room);
                case ASUM -> job.sums[p] = F32Rows.asum(x, n, room);
                default -> job.indices[p] = F32Rows.iamax(x, n);
            }
        }
    }

    private static void sweep(Job job, int from, int to) {
        int n = job.x.cols();
        int capacity = job.basis.capacity();
        Block basis = job.basis.block();
        long step = basis.strideBytes();
        double[] room = Lanes.room();
        for (int p = from; p < to; p++) {
            int b = job.rows.index(p);
            int first = b * capacity;
            long v = row(basis, first);
            long w = row(job.x, p);
            switch (job.kind) {
                case MULTI_DOT -> F32Dots.multiDot(v, step, job.count, w, n, room, job.sums, first);
                case MULTI_AXPY -> {
                    F32Sweeps.combine(v, step, job.count, job.coefficients, first, Lanes.sums(n), w, n);
                    if (job.sums != null) {
                        job.sums[b] = F32Rows.dot(w, w, n, room);
                    }
                }
                case PROJECT -> {
                    F32Sweeps.project(v, step, job.count, w, n, room, job.coefficients, first, Lanes.sums(n));
                    if (job.sums != null) {
                        job.sums[b] = F32Rows.dot(w, w, n, room);
                    }
                }
                case MIX -> F32Mix.mix(v, step, job.count, job.coefficients, first, Lanes.sums(n), w, n);
                case MIX_AROUND -> {
                    int center = job.indices[b];
                    if (center >= 0) {
                        F32Around.mix(v, step, capacity, Objects.checkIndex(center, capacity), job.coefficients, first, w, n);
                    }
                }
                case STORE -> F32Rows.scaleBy(job.coefficients[b], w, v + job.slot * step, n);
                case NORMALISE -> F32Rows.scaleBy(job.coefficients[b], w, v + job.slot * step, w, n);
                default -> {
                    long g = row(job.y, p);
                    // Checked again before it becomes an address: another thread may have written to the caller's array.
                    int slot = Objects.checkIndex(job.indices[b], Math.min(capacity, job.values.capacity()));
                    long r = v + slot * step;
                    int sums = b * (capacity + 1);
                    int count = Math.min(job.counts[b], capacity);
                    if (count <= 0) {
                        F32Rows.norms(g, w, n, room, room, 2 * Lanes.COUNT);
                        job.sums[sums + slot] = room[2 * Lanes.COUNT];
                        job.sums[sums + capacity] = room[2 * Lanes.COUNT + 1];
                        continue;
                    }
                    F32Sweeps.residual(w, g, r, row(job.values.block(), b * job.values.capacity() + slot), n);
                    F32Ring.dots(v, step, capacity, slot, count, g, n, room, job.sums, sums);
                }
            }
        }
    }
}
