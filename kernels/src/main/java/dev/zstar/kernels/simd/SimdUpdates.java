package dev.zstar.kernels.simd;

import dev.zstar.kernels.AdamStep;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.Updates;
import dev.zstar.kernels.simd.tuning.Tuning;
import dev.zstar.kernels.spi.UpdateShapes;

/** Updates of parameters. The work is split by rows. */
interface SimdUpdates extends Updates {
    /** The threads that compute. */
    Team team();

    @Override
    default void adam(Block p, Block g, Block m, Block v, AdamStep step) {
        try (Job job = Job.enter()) {
            UpdateShapes.adam(p, g, m, v, step);
            job.kind = Job.Kind.ADAM;
            job.x = p;
            job.y = g;
            job.out = m;
            job.second = v;
            job.step = step;
            Tuning.share(team(), job, p.rows(), 16.0 * p.rows() * p.cols());
        }
    }
}
