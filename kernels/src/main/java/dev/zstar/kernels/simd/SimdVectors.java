package dev.zstar.kernels.simd;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.VectorOperations;
import dev.zstar.kernels.simd.tuning.Tuning;
import dev.zstar.kernels.simd.vectors.F32Columns;
import dev.zstar.kernels.spi.VectorShapes;

/** Operations on rows. The work is split by rows, sums over rows by columns. */
interface SimdVectors extends VectorOperations {
    /** The threads that compute. */
    Team team();

    private void rowwise(Job job, Job.Kind kind, double a, Block x, double b, Block y, Block out, double[] sums) {
        job.kind = kind;
        job.a = a;
        job.b = b;
        job.x = x;
        job.y = y;
        job.out = out;
        job.sums = sums;
        Tuning.share(team(), job, x.rows(), 4.0 * x.rows() * x.cols());
    }

    @Override
    default void axpby(double a, Block x, double b, Block y) {
        try (Job job = Job.enter()) {
            Operands.elementwise("axpby", "x", x, "y", y);
            rowwise(job, Job.Kind.AXPBY, a, x, b, y, y, null);
        }
    }

    @Override
    default void axpby(double[] a, Block x, double[] b, Block y) {
        try (Job job = Job.enter()) {
            VectorShapes.axpby(a, x, b, y);
            job.coefficients = a;
            job.more = b;
            rowwise(job, Job.Kind.AXPBY, 0, x, 0, y, y, null);
        }
    }

    @Override
    default void multiply(Block x, Block y, Block out) {
        try (Job job = Job.enter()) {
            VectorShapes.multiply("multiply", x, y, out);
            rowwise(job, Job.Kind.MULTIPLY, 0, x, 0, y, out, null);
        }
    }

    @Override
    default void multiplyAdd(Block x, Block y, Block out) {
        try (Job job = Job.enter()) {
            VectorShapes.multiply("multiplyAdd", x, y, out);
            rowwise(job, Job.Kind.MULTIPLY_ADD, 0, x, 0, y, out, null);
        }
    }

    @Override
    default void multiplyColumns(Block x, Block gain, Block out) {
        try (Job job = Job.enter()) {
            VectorShapes.multiplyColumns(x, gain, out);
            if (x.cols() > 0) {
                rowwise(job, Job.Kind.MULTIPLY_COLUMNS, 0, x, 0, gain, out, null);
            }
        }
    }

    @Override
    default void multiplyColumnsGradient(Block x, Block dy, Block dGain) {
        try (Job job = Job.enter()) {
            VectorShapes.multiplyColumnsGradient(x, dy, dGain);
            job.kind = Job.Kind.COLUMNS_GRADIENT;
            job.x = x;
            job.y = dy;
            job.out = dGain;
            Tuning.share(team(), job, F32Columns.pieces(dGain.cols()), 4.0 * x.rows() * x.cols());
        }
    }

    @Override
    default void activate(Activation activation, Block x, Block out) {
        activation("activate", Job.Kind.ACTIVATE, activation, x, out);
    }

    @Override
    default void derivative(Activation activation, Block x, Block out) {
        activation("derivative", Job.Kind.DERIVATIVE, activation, x, out);
    }

    private void activation(String operation, Job.Kind kind, Activation activation, Block x, Block out) {
        try (Job job = Job.enter()) {
            VectorShapes.activate(operation, activation, x, out);
            job.activation = activation;
            rowwise(job, kind, 0, x, 0, x, out, null);
        }
    }

    @Override
    default void dot(Block x, Block y, double[] out) {
        try (Job job = Job.enter()) {
            VectorShapes.dot(x, y, out);
            rowwise(job, Job.Kind.DOT, 0, x, 0, y, null, out);
        }
    }

    @Override
    default void asum(Block x, double[] out) {
        try (Job job = Job.enter()) {
            VectorShapes.sums("asum", x, out);
            rowwise(job, Job.Kind.ASUM, 0, x, 0, x, null, out);
        }
    }

    @Override
    default void iamax(Block x, int[] out) {
        try (Job job = Job.enter()) {
            VectorShapes.iamax(x, out);
            job.indices = out;
            rowwise(job, Job.Kind.IAMAX, 0, x, 0, x, null, null);
        }
    }
}
