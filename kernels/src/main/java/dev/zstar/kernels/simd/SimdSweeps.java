package dev.zstar.kernels.simd;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Sweeps;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.simd.tuning.Tuning;
import dev.zstar.kernels.spi.SweepShapes;

/** Sweeps over a basis. The work is split by rows. */
interface SimdSweeps extends Sweeps {
    /** The threads that compute. */
    Team team();

    private void sweep(Job job, Job.Kind kind, Basis v, int slot, int count, Block w, Rows rows, double[] c, double[] sums) {
        job.kind = kind;
        job.basis = v;
        job.slot = slot;
        job.count = count;
        job.x = w;
        job.rows = rows;
        job.coefficients = c;
        job.sums = sums;
        // Projections sweep each vector twice.
        Tuning.share(team(), job, rows.count(), (kind == Job.Kind.PROJECT ? 8.0 : 4.0) * (count + 1) * rows.count() * w.cols());
    }

    @Override
    default void multiDot(Basis v, int count, Block w, Rows rows, double[] h) {
        try (Job job = Job.enter()) {
            SweepShapes.multiDot(v, count, w, rows, h);
            sweep(job, Job.Kind.MULTI_DOT, v, 0, count, w, rows, null, h);
        }
    }

    @Override
    default void multiAxpy(Basis v, int count, double[] c, Block w, Rows rows, double[] squares) {
        try (Job job = Job.enter()) {
            SweepShapes.multiAxpy(v, count, c, w, rows, squares);
            sweep(job, Job.Kind.MULTI_AXPY, v, 0, count, w, rows, c, squares);
        }
    }

    @Override
    default void project(Basis v, int count, Block w, Rows rows, double[] h, double[] squares) {
        try (Job job = Job.enter()) {
            SweepShapes.project(v, count, w, rows, h, squares);
            sweep(job, Job.Kind.PROJECT, v, 0, count, w, rows, h, squares);
        }
    }

    @Override
    default void normalise(Block w, double[] s, Basis v, int slot, Rows rows) {
        store("normalise", Job.Kind.NORMALISE, w, s, v, slot, rows);
    }

    @Override
    default void store(Block w, double[] s, Basis v, int slot, Rows rows) {
        store("store", Job.Kind.STORE, w, s, v, slot, rows);
    }

    private void store(String operation, Job.Kind kind, Block w, double[] s, Basis v, int slot, Rows rows) {
        try (Job job = Job.enter()) {
            SweepShapes.store(operation, w, s, v, slot, rows);
            sweep(job, kind, v, slot, 1, w, rows, s, null);
        }
    }

    @Override
    default void mix(Basis v, int count, double[] c, Block z, Rows rows) {
        try (Job job = Job.enter()) {
            SweepShapes.mix(v, count, c, z, rows);
            sweep(job, Job.Kind.MIX, v, 0, count, z, rows, c, null);
        }
    }

    @Override
    default void mixAround(Basis v, int[] slots, double[] c, Block z, Rows rows) {
        try (Job job = Job.enter()) {
            SweepShapes.mixAround(v, slots, c, z, rows);
            job.indices = slots;
            sweep(job, Job.Kind.MIX_AROUND, v, 0, v.capacity(), z, rows, c, null);
        }
    }

    @Override
    default void residualSweep(Block z, Block g, Basis residuals, Basis values, int[] slots, int[] counts, Rows rows, double[] gram) {
        try (Job job = Job.enter()) {
            SweepShapes.residualSweep(z, g, residuals, values, slots, counts, rows, gram);
            job.indices = slots;
            job.counts = counts;
            job.values = values;
            job.y = g;
            sweep(job, Job.Kind.RESIDUAL_SWEEP, residuals, 0, residuals.capacity(), z, rows, null, gram);
        }
    }
}
