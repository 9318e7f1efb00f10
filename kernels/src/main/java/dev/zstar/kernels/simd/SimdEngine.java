package dev.zstar.kernels.simd;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Shapes;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;

/** Checks each call, splits it among the team if it is worth it, and hands addresses to the kernels of its type. */
final class SimdEngine implements Engine {
    private final Team team;
    private final Images images;
    private final ThreadLocal<Job> jobs = ThreadLocal.withInitial(Job::new);

    SimdEngine(int threads) {
        team = new Team(threads);
        images = new SimdImages(team);
    }

    @Override
    public String name() {
        return "simd";
    }

    @Override
    public int threads() {
        return team.threads();
    }

    @Override
    public Weights pack(Block w) {
        w.requireOpen();
        return new SimdWeights(w);
    }

    private static SimdWeights own(Weights w) {
        if (w instanceof SimdWeights own) {
            return own;
        }
        throw new IllegalArgumentException("weights of " + w.getClass().getSimpleName() + " in the simd engine; pack them with it");
    }

    /** Runs a job on the team, or at once where there is too little work to share. */
    private void run(Job job, int pieces, double work) {
        if (work < Job.WORTH_SHARING || team.threads() == 1) {
            job.run(0, pieces);
        } else {
            team.run(pieces, job);
        }
    }

    // ---- products

    @Override
    public void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        Shapes.apply(w, z, out, epilogue);
        product(own(w).panels(), z, out, epilogue);
    }

    @Override
    public void applyTransposed(Weights w, Block u, Block out) {
        Shapes.applyTransposed(w, u, out);
        product(own(w).transposedPanels(), u, out, Epilogue.NONE);
    }

    private void product(Block packed, Block z, Block out, Epilogue epilogue) {
        int panels = z.type() == Type.F32 ? F32Product.panels(out.cols()) : F64Product.panels(out.cols());
        Job job = jobs.get();
        job.kind = Job.Kind.APPLY;
        job.packed = packed;
        job.x = z;
        job.out = out;
        job.epilogue = epilogue;
        job.partial = epilogue.norms() == null ? null : job.partials(2 * z.rows() * panels);
        // Panels first, since then a worker meets the same weights at every call; rows where there are too few panels.
        job.byRows = panels < 2 * threads() && z.rows() >= Job.ROWS * threads();
        run(job, job.byRows ? (z.rows() + Job.ROWS - 1) / Job.ROWS : panels, 2.0 * z.rows() * z.cols() * out.cols());
        if (epilogue.norms() != null) {
            sum(job.partial, z.rows(), panels, epilogue.norms());
        }
        job.clear();
    }

    private static void sum(double[] partial, int rows, int panels, Epilogue.Norms norms) {
        for (int p = 0; p < rows; p++) {
            double step = 0;
            double value = 0;
            for (int i = 2 * p * panels; i < 2 * (p + 1) * panels; i += 2) {
                step += partial[i];
                value += partial[i + 1];
            }
            norms.set(p, step, value);
        }
    }

    @Override
    public void addOuter(Block d, Block z, Block out) {
        Shapes.addOuter(d, z, out);
        Job job = jobs.get();
        job.kind = Job.Kind.ADD_OUTER;
        job.x = d;
        job.y = z;
        job.out = out;
        int panels = d.type() == Type.F32 ? F32Product.panels(out.cols()) : F64Product.panels(out.cols());
        run(job, panels, 2.0 * d.rows() * out.rows() * out.cols());
        job.clear();
    }

    @Override
    public void finish(Block z, Block out, Epilogue epilogue) {
        Shapes.finish(z, out, epilogue);
        Job job = jobs.get();
        job.kind = Job.Kind.FINISH;
        job.x = z;
        job.out = out;
        job.epilogue = epilogue;
        run(job, out.rows(), 8.0 * out.rows() * out.cols());
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
        run(job, x.rows(), 4.0 * x.rows() * x.cols());
        job.clear();
    }

    @Override
    public void axpby(double a, Block x, double b, Block y) {
        Shapes.same("axpby", "x", x, "y", y);
        rowwise(Job.Kind.AXPBY, a, x, b, y, y, null);
    }

    @Override
    public void multiply(Block x, Block y, Block out) {
        Shapes.same("multiply", "x", x, "y", y);
        Shapes.same("multiply", "x", x, "out", out);
        rowwise(Job.Kind.MULTIPLY, 0, x, 0, y, out, null);
    }

    @Override
    public void derivative(Activation activation, Block y, Block out) {
        Shapes.same("derivative", "y", y, "out", out);
        rowwise(
                switch (activation) {
                    case IDENTITY -> Job.Kind.ONES;
                    case RELU -> Job.Kind.RELU_DERIVATIVE;
                    case TANH -> Job.Kind.TANH_DERIVATIVE;
                },
                0, y, 0, y, out, null);
    }

    @Override
    public void dot(Block x, Block y, double[] out) {
        Shapes.same("dot", "x", x, "y", y);
        Shapes.room("dot", "out", out, x.rows());
        rowwise(Job.Kind.DOT, 0, x, 0, y, null, out);
    }

    // ---- sweeps

    private void sweep(Job.Kind kind, Basis v, Basis values, int slot, int count, Block w, Block g, Rows rows, double[] c, double[] sums) {
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
        run(job, rows.count(), 4.0 * (count + 1) * rows.count() * w.cols());
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
    public void residualSweep(Block z, Block g, Basis residuals, Basis values, int slot, int count, Rows rows, double[] gram) {
        Shapes.sweep("residualSweep", residuals, count, z, rows);
        Shapes.sweep("residualSweep", values, slot + 1, g, rows);
        Shapes.same("residualSweep", "z", z, "g", g);
        Shapes.room("residualSweep", "gram", gram, rows.capacity() * (residuals.capacity() + 1));
        sweep(Job.Kind.RESIDUAL_SWEEP, residuals, values, slot, count, z, g, rows, null, gram);
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
