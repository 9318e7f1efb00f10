package dev.zstar.kernels.simd;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Shapes;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Checks each call, splits it among the team if it is worth it, and hands addresses to the kernels of its type. */
final class SimdEngine implements Engine {
    static final String NAME = "simd";

    private final Team team;
    private final Layers layers;
    private final SmallMatrices small;
    /** Of each calling thread its own; all of them, for their memory. */
    private final ThreadLocal<Job> jobs = ThreadLocal.withInitial(this::newJob);
    private final Queue<Job> known = new ConcurrentLinkedQueue<>();
    private final Images images;

    SimdEngine(int threads) {
        team = new Team(threads, Tuning.SPIN_NANOS);
        layers = new SimdLayers(team);
        small = new SimdSmallMatrices(team);
        images = new SimdImages(team);
    }

    private Job newJob() {
        Job job = new Job();
        known.add(job);
        return job;
    }

    @Override
    public String name() {
        return NAME;
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
        throw Shapes.foreign(w, NAME);
    }

    private boolean shared(double work) {
        return work >= Tuning.WORTH_SHARING && team.threads() > 1;
    }

    @Override
    public Layers layers() {
        return layers;
    }

    // ---- products

    @Override
    public void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        Shapes.apply(w, z, out, epilogue);
        Panels panels = own(w).panels();
        product(panels, whole(panels, z), out, epilogue);
    }

    @Override
    public void applyTransposed(Weights w, Block u, Block out) {
        Shapes.applyTransposed(w, u, out);
        Panels panels = own(w).transposedPanels();
        if (panels.scales == null) {
            product(panels, whole(panels, u), out, Epilogue.NONE);
            return;
        }
        // The scales of integer weights belong to the inputs of the transpose.
        Block scaled = jobs.get().scratch(u.rows(), u.cols());
        for (int p = 0; p < u.rows(); p++) {
            F32Rows.multiply(u.address() + p * u.strideBytes(), panels.scales.address(), scaled.address() + p * scaled.strideBytes(), u.cols());
        }
        product(panels, scaled, out, Epilogue.NONE);
    }

    /** The state, copied to where zeros follow each row if the weights' last step reads beyond it. */
    private Block whole(Panels w, Block z) {
        if (w.inputs % w.share == 0) {
            return z;
        }
        Block copy = jobs.get().scratch(z.rows(), z.cols());
        copy.copyFrom(z);
        return copy;
    }

    private void product(Panels w, Block z, Block out, Epilogue epilogue) {
        double work = 2.0 * z.rows() * w.inputs * w.outputs;
        if (epilogue.norms() == null && !shared(work)) {
            if (w.type == Type.F32) {
                F32Product.apply(w, z, out, epilogue, 0, w.count, 0, z.rows());
            } else {
                F64Product.apply(w, z, out, epilogue, 0, w.count, 0, z.rows());
            }
            return;
        }
        Job job = jobs.get();
        job.kind = Job.Kind.APPLY;
        job.panels = w;
        job.x = z;
        job.out = out;
        job.epilogue = epilogue;
        split(job, w.count, z.rows(), work);
        norms(job);
        job.clear();
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
        Shapes.gemm(a, transposeA, b, transposeB, c);
        Job job = product(Job.Kind.GEMM, alpha, a, transposeA, b, transposeB, beta, c);
        int panels = a.type() == Type.F32 ? F32Gemm.panels(c) : F64Gemm.panels(c);
        split(job, panels, c.rows(), 2.0 * c.rows() * c.cols() * (transposeA ? a.rows() : a.cols()));
        job.clear();
    }

    @Override
    public void gemm(int count, double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        Shapes.gemm(count, a, transposeA, b, transposeB, c);
        Job job = product(Job.Kind.SYSTEMS, alpha, a, transposeA, b, transposeB, beta, c);
        job.count = count;
        Tuning.share(team, job, count, 2.0 * c.rows() * c.cols() * (transposeA ? a.rows() / count : a.cols()));
        job.clear();
    }

    private Job product(Job.Kind kind, double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        Job job = jobs.get();
        job.kind = kind;
        job.a = alpha;
        job.x = a;
        job.transposeX = transposeA;
        job.y = b;
        job.transposeY = transposeB;
        job.b = beta;
        job.out = c;
        return job;
    }

    @Override
    public void finish(Block z, Block out, Epilogue epilogue) {
        Shapes.finish(z, out, epilogue);
        Job job = jobs.get();
        job.kind = Job.Kind.FINISH;
        job.x = z;
        job.out = out;
        job.epilogue = epilogue;
        if (!epilogue.changesNothing()) {
            Tuning.share(team, job, out.rows(), 8.0 * out.rows() * out.cols());
        }
        norms(job);
        job.clear();
    }

    // ---- elementwise and sums

    private void rowwise(Job.Kind kind, double a, Block x, double b, Block y, Block out, double[] sums) {
        Job job = jobs.get();
        job.kind = kind;
        job.a = a;
        job.b = b;
        job.x = x;
        job.y = y;
        job.out = out;
        job.sums = sums;
        Tuning.share(team, job, x.rows(), 4.0 * x.rows() * x.cols());
        job.clear();
    }

    @Override
    public void axpby(double a, Block x, double b, Block y) {
        Shapes.same("axpby", "x", x, "y", y);
        rowwise(Job.Kind.AXPBY, a, x, b, y, y, null);
    }

    @Override
    public void axpby(double[] a, Block x, double[] b, Block y) {
        Shapes.same("axpby", "x", x, "y", y);
        Shapes.room("axpby", "a", a, x.rows());
        Shapes.room("axpby", "b", b, x.rows());
        Job job = jobs.get();
        job.coefficients = a;
        job.more = b;
        rowwise(Job.Kind.AXPBY, 0, x, 0, y, y, null);
    }

    @Override
    public void multiply(Block x, Block y, Block out) {
        Shapes.same("multiply", "x", x, "y", y);
        Shapes.same("multiply", "x", x, "out", out);
        rowwise(Job.Kind.MULTIPLY, 0, x, 0, y, out, null);
    }

    @Override
    public void activate(Activation activation, Block x, Block out) {
        Shapes.same("activate", "x", x, "out", out);
        activation(Job.Kind.ACTIVATE, activation, x, out);
    }

    @Override
    public void derivative(Activation activation, Block x, Block out) {
        Shapes.same("derivative", "x", x, "out", out);
        activation(Job.Kind.DERIVATIVE, activation, x, out);
    }

    private void activation(Job.Kind kind, Activation activation, Block x, Block out) {
        jobs.get().activation = activation;
        rowwise(kind, 0, x, 0, x, out, null);
    }

    @Override
    public void dot(Block x, Block y, double[] out) {
        Shapes.same("dot", "x", x, "y", y);
        Shapes.room("dot", "out", out, x.rows());
        rowwise(Job.Kind.DOT, 0, x, 0, y, null, out);
    }

    @Override
    public void asum(Block x, double[] out) {
        x.requireOpen();
        Shapes.room("asum", "out", out, x.rows());
        rowwise(Job.Kind.ASUM, 0, x, 0, x, null, out);
    }

    @Override
    public void iamax(Block x, int[] out) {
        x.requireOpen();
        Shapes.room("iamax", "out", out, x.rows());
        jobs.get().indices = out;
        rowwise(Job.Kind.IAMAX, 0, x, 0, x, null, null);
    }

    // ---- sweeps

    private void sweep(Job.Kind kind, Basis v, Basis values, int slot, int count, Block w, Block g, Rows rows, double[] c, double[] sums) {
        sweep(kind, v, values, slot, count, w, g, rows, c, sums, 4.0 * (count + 1) * rows.count() * w.cols());
    }

    private void sweep(Job.Kind kind, Basis v, Basis values, int slot, int count, Block w, Block g, Rows rows, double[] c, double[] sums, double work) {
        Job job = jobs.get();
        job.kind = kind;
        job.basis = v;
        job.values = values;
        job.slot = slot;
        job.count = count;
        job.x = w;
        job.y = g;
        job.rows = rows;
        job.coefficients = c;
        job.sums = sums;
        Tuning.share(team, job, rows.count(), work);
        job.clear();
    }

    @Override
    public void multiDot(Basis v, int count, Block w, Rows rows, double[] h) {
        Shapes.sweep("multiDot", v, count, w, rows);
        Shapes.room("multiDot", "h", h, rows.capacity() * v.capacity());
        sweep(Job.Kind.MULTI_DOT, v, null, 0, count, w, null, rows, null, h);
    }

    @Override
    public void multiAxpy(Basis v, int count, double[] c, Block w, Rows rows, double[] squares) {
        Shapes.sweep("multiAxpy", v, count, w, rows);
        Shapes.room("multiAxpy", "c", c, rows.capacity() * v.capacity());
        sweep(Job.Kind.MULTI_AXPY, v, null, 0, count, w, null, rows, c, squares);
    }

    @Override
    public void project(Basis v, int count, Block w, Rows rows, double[] h, double[] squares) {
        Shapes.project(v, count, w, rows, h, squares);
        // Each vector is swept twice.
        sweep(Job.Kind.PROJECT, v, null, 0, count, w, null, rows, h, squares, 8.0 * (count + 1) * rows.count() * w.cols());
    }

    @Override
    public void normalise(Block w, double[] s, Basis v, int slot, Rows rows) {
        Shapes.normalise(w, s, v, slot, rows);
        sweep(Job.Kind.NORMALISE, v, null, slot, 1, w, null, rows, s, null);
    }

    @Override
    public void mix(Basis v, int count, double[] c, Block z, Rows rows) {
        Shapes.sweep("mix", v, count, z, rows);
        Shapes.room("mix", "c", c, rows.capacity() * v.capacity());
        sweep(Job.Kind.MIX, v, null, 0, count, z, null, rows, c, null);
    }

    @Override
    public void store(Block w, double[] s, Basis v, int slot, Rows rows) {
        Shapes.sweep("store", v, slot + 1, w, rows);
        Shapes.room("store", "s", s, rows.capacity());
        sweep(Job.Kind.STORE, v, null, slot, 1, w, null, rows, s, null);
    }

    @Override
    public void residualSweep(Block z, Block g, Basis residuals, Basis values, int[] slots, int[] counts, Rows rows, double[] gram) {
        Shapes.residualSweep(z, g, residuals, values, slots, counts, rows, gram);
        Job job = jobs.get();
        job.indices = slots;
        job.counts = counts;
        sweep(Job.Kind.RESIDUAL_SWEEP, residuals, values, 0, residuals.capacity(), z, g, rows, null, gram);
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
        known.forEach(Job::close);
    }
}
