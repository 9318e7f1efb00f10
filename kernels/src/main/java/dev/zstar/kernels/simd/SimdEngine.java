package dev.zstar.kernels.simd;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Call;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Kept;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.kernels.simd.images.SimdImages;
import dev.zstar.kernels.simd.layers.SimdLayers;
import dev.zstar.kernels.simd.products.F32Gemm;
import dev.zstar.kernels.simd.products.F32Product;
import dev.zstar.kernels.simd.products.F64Gemm;
import dev.zstar.kernels.simd.products.F64Product;
import dev.zstar.kernels.simd.products.Panels;
import dev.zstar.kernels.simd.products.SimdWeights;
import dev.zstar.kernels.simd.small.SimdSmallMatrices;
import dev.zstar.kernels.simd.tuning.Tuning;
import dev.zstar.kernels.simd.vectors.F32Rows;
import dev.zstar.kernels.spi.ProductShapes;
import dev.zstar.kernels.spi.SweepShapes;
import dev.zstar.kernels.spi.VectorShapes;

/** Checks each call, splits it among the team if it is worth it, and hands addresses to the kernels of its type. */
final class SimdEngine implements Engine {
    private static final Kept<Job> JOBS = new Kept<>(Job::new);

    private final Team team;
    private final Layers layers;
    private final SmallMatrices small;
    private final Images images;

    SimdEngine(int threads) {
        team = new Team(threads, Tuning.SPIN_NANOS);
        layers = new SimdLayers(team);
        small = new SimdSmallMatrices(team);
        images = new SimdImages(team);
    }

    @Override
    public String name() {
        return SimdWeights.ENGINE;
    }

    @Override
    public int threads() {
        return team.threads();
    }

    @Override
    public Weights pack(Block w, Format format) {
        return new SimdWeights(w, format);
    }

    private static SimdWeights own(Weights w) {
        if (w instanceof SimdWeights own) {
            return own;
        }
        throw ProductShapes.foreign(w, SimdWeights.ENGINE);
    }

    private boolean shared(double work) {
        return work >= Tuning.WORTH_SHARING && team.threads() > 1;
    }

    @Override
    public Layers layers() {
        return layers;
    }

    // Each method checks its operands and computes between enter and leave: a block that is open at its check stays until the call has
    // left.

    // ---- products

    @Override
    public void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        Call call = Call.enter();
        try {
            ProductShapes.apply(w, z, out, epilogue);
            Panels panels = own(w).panels();
            product(call, panels, whole(call, panels, z), out, epilogue);
        } finally {
            call.leave();
        }
    }

    @Override
    public void applyTransposed(Weights w, Block u, Block out) {
        Call call = Call.enter();
        try {
            ProductShapes.applyTransposed(w, u, out);
            Panels panels = own(w).transposedPanels();
            product(call, panels, panels.scales == null ? whole(call, panels, u) : scaled(call, panels, u), out, Epilogue.NONE);
        } finally {
            call.leave();
        }
    }

    /** The scales of integer weights belong to the inputs of the transpose. */
    private static Block scaled(Call call, Panels w, Block u) {
        Block scaled = JOBS.of(call).scratch(u.rows(), u.cols());
        for (int p = 0; p < u.rows(); p++) {
            F32Rows.multiply(u.address() + p * u.strideBytes(), w.scales.address(), scaled.address() + p * scaled.strideBytes(), u.cols());
        }
        return scaled;
    }

    /** The state, copied to where zeros follow each row if the weights' last step reads beyond it. */
    private static Block whole(Call call, Panels w, Block z) {
        if (w.inputs % w.share == 0) {
            return z;
        }
        Block copy = JOBS.of(call).scratch(z.rows(), z.cols());
        copy.copyFrom(z);
        return copy;
    }

    private void product(Call call, Panels w, Block z, Block out, Epilogue epilogue) {
        double work = 2.0 * z.rows() * w.inputs * w.outputs;
        if (epilogue.norms() == null && !shared(work)) {
            if (w.type == Type.F32) {
                F32Product.apply(w, z, out, epilogue, 0, w.count, 0, z.rows());
            } else {
                F64Product.apply(w, z, out, epilogue, 0, w.count, 0, z.rows());
            }
            return;
        }
        Job job = JOBS.of(call);
        try {
            job.kind = Job.Kind.APPLY;
            job.panels = w;
            job.x = z;
            job.out = out;
            job.epilogue = epilogue;
            split(job, w.count, z.rows(), work);
            norms(job);
        } finally {
            job.clear();
        }
    }

    /** Panels first, since then a worker meets the same weights at every call; rows where there are too few panels. */
    private void split(Job job, int panels, int rows, double work) {
        job.byRows = panels < 2 * threads() && rows >= Job.ROWS * threads();
        Tuning.share(team, job, job.byRows ? (rows + Job.ROWS - 1) / Job.ROWS : panels, work);
    }

    private void norms(Job job) {
        if (job.epilogue.norms() != null) {
            job.kind = Job.Kind.NORMS;
            Tuning.share(team, job, job.out.rows(), 8.0 * job.out.rows() * job.out.cols());
        }
    }

    @Override
    public void gemm(double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            ProductShapes.gemm(a, transposeA, b, transposeB, c);
            product(job, Job.Kind.GEMM, alpha, a, transposeA, b, transposeB, beta, c);
            int panels = a.type() == Type.F32 ? F32Gemm.panels(c) : F64Gemm.panels(c);
            split(job, panels, c.rows(), 2.0 * c.rows() * c.cols() * (transposeA ? a.rows() : a.cols()));
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public void gemm(int count, double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            ProductShapes.gemm(count, a, transposeA, b, transposeB, c);
            product(job, Job.Kind.SYSTEMS, alpha, a, transposeA, b, transposeB, beta, c);
            job.count = count;
            Tuning.share(team, job, count, 2.0 * c.rows() * c.cols() * (transposeA ? a.rows() / count : a.cols()));
        } finally {
            job.clear();
            call.leave();
        }
    }

    private static void product(
            Job job, Job.Kind kind, double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        job.kind = kind;
        job.a = alpha;
        job.x = a;
        job.transposeX = transposeA;
        job.y = b;
        job.transposeY = transposeB;
        job.b = beta;
        job.out = c;
    }

    @Override
    public void finish(Block z, Block out, Epilogue epilogue) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            ProductShapes.finish(z, out, epilogue);
            job.kind = Job.Kind.FINISH;
            job.x = z;
            job.out = out;
            job.epilogue = epilogue;
            if (!epilogue.changesNothing()) {
                Tuning.share(team, job, out.rows(), 8.0 * out.rows() * out.cols());
            }
            norms(job);
        } finally {
            job.clear();
            call.leave();
        }
    }

    // ---- elementwise and sums

    private void rowwise(Job job, Job.Kind kind, double a, Block x, double b, Block y, Block out, double[] sums) {
        job.kind = kind;
        job.a = a;
        job.b = b;
        job.x = x;
        job.y = y;
        job.out = out;
        job.sums = sums;
        Tuning.share(team, job, x.rows(), 4.0 * x.rows() * x.cols());
    }

    @Override
    public void axpby(double a, Block x, double b, Block y) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            Operands.elementwise("axpby", "x", x, "y", y);
            rowwise(job, Job.Kind.AXPBY, a, x, b, y, y, null);
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public void axpby(double[] a, Block x, double[] b, Block y) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            VectorShapes.axpby(a, x, b, y);
            job.coefficients = a;
            job.more = b;
            rowwise(job, Job.Kind.AXPBY, 0, x, 0, y, y, null);
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public void multiply(Block x, Block y, Block out) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            VectorShapes.multiply(x, y, out);
            rowwise(job, Job.Kind.MULTIPLY, 0, x, 0, y, out, null);
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public void activate(Activation activation, Block x, Block out) {
        activation("activate", Job.Kind.ACTIVATE, activation, x, out);
    }

    @Override
    public void derivative(Activation activation, Block x, Block out) {
        activation("derivative", Job.Kind.DERIVATIVE, activation, x, out);
    }

    private void activation(String operation, Job.Kind kind, Activation activation, Block x, Block out) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            VectorShapes.activate(operation, activation, x, out);
            job.activation = activation;
            rowwise(job, kind, 0, x, 0, x, out, null);
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public void dot(Block x, Block y, double[] out) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            VectorShapes.dot(x, y, out);
            rowwise(job, Job.Kind.DOT, 0, x, 0, y, null, out);
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public void asum(Block x, double[] out) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            VectorShapes.sums("asum", x, out);
            rowwise(job, Job.Kind.ASUM, 0, x, 0, x, null, out);
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public void iamax(Block x, int[] out) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            VectorShapes.iamax(x, out);
            job.indices = out;
            rowwise(job, Job.Kind.IAMAX, 0, x, 0, x, null, null);
        } finally {
            job.clear();
            call.leave();
        }
    }

    // ---- sweeps

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
        Tuning.share(team, job, rows.count(), (kind == Job.Kind.PROJECT ? 8.0 : 4.0) * (count + 1) * rows.count() * w.cols());
    }

    @Override
    public void multiDot(Basis v, int count, Block w, Rows rows, double[] h) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            SweepShapes.multiDot(v, count, w, rows, h);
            sweep(job, Job.Kind.MULTI_DOT, v, 0, count, w, rows, null, h);
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public void multiAxpy(Basis v, int count, double[] c, Block w, Rows rows, double[] squares) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            SweepShapes.multiAxpy(v, count, c, w, rows, squares);
            sweep(job, Job.Kind.MULTI_AXPY, v, 0, count, w, rows, c, squares);
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public void project(Basis v, int count, Block w, Rows rows, double[] h, double[] squares) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            SweepShapes.project(v, count, w, rows, h, squares);
            sweep(job, Job.Kind.PROJECT, v, 0, count, w, rows, h, squares);
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public void normalise(Block w, double[] s, Basis v, int slot, Rows rows) {
        store("normalise", Job.Kind.NORMALISE, w, s, v, slot, rows);
    }

    @Override
    public void store(Block w, double[] s, Basis v, int slot, Rows rows) {
        store("store", Job.Kind.STORE, w, s, v, slot, rows);
    }

    private void store(String operation, Job.Kind kind, Block w, double[] s, Basis v, int slot, Rows rows) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            SweepShapes.store(operation, w, s, v, slot, rows);
            sweep(job, kind, v, slot, 1, w, rows, s, null);
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public void mix(Basis v, int count, double[] c, Block z, Rows rows) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            SweepShapes.mix(v, count, c, z, rows);
            sweep(job, Job.Kind.MIX, v, 0, count, z, rows, c, null);
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public void residualSweep(Block z, Block g, Basis residuals, Basis values, int[] slots, int[] counts, Rows rows, double[] gram) {
        Call call = Call.enter();
        Job job = JOBS.of(call);
        try {
            SweepShapes.residualSweep(z, g, residuals, values, slots, counts, rows, gram);
            job.indices = slots;
            job.counts = counts;
            job.values = values;
            job.y = g;
            sweep(job, Job.Kind.RESIDUAL_SWEEP, residuals, 0, residuals.capacity(), z, rows, null, gram);
        } finally {
            job.clear();
            call.leave();
        }
    }

    @Override
    public SmallMatrices small() {
        return small;
    }

    @Override
    public Images images() {
        return images;
    }

    @Override
    public void close() {
        team.close();
    }
}
