package dev.zstar.kernels.simd;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallScope;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Products;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.kernels.simd.products.F32Gemm;
import dev.zstar.kernels.simd.products.F32Product;
import dev.zstar.kernels.simd.products.F64Gemm;
import dev.zstar.kernels.simd.products.F64Product;
import dev.zstar.kernels.simd.products.Panels;
import dev.zstar.kernels.simd.products.SimdWeights;
import dev.zstar.kernels.simd.tuning.Tuning;
import dev.zstar.kernels.simd.vectors.F32Rows;
import dev.zstar.kernels.spi.ProductShapes;

/** Products with packed panels, and of plain blocks. The work is split by panels, or by rows if there are too few panels. */
interface SimdProducts extends Products {
    /** The threads that compute. */
    Team team();

    @Override
    default Weights pack(Block w, Format format) {
        return new SimdWeights(w, format);
    }

    private static SimdWeights own(Weights w) {
        if (w instanceof SimdWeights own) {
            return own;
        }
        throw ProductShapes.foreign(w, SimdWeights.ENGINE);
    }

    private boolean shared(double work) {
        return work >= Tuning.WORTH_SHARING && team().threads() > 1;
    }

    @Override
    default void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        try (CallScope call = CallScope.enter()) {
            ProductShapes.apply(w, z, out, epilogue);
            Panels panels = own(w).panels();
            product(call, panels, whole(call, panels, z), out, epilogue);
        }
    }

    @Override
    default void applyTransposed(Weights w, Block u, Block out) {
        try (CallScope call = CallScope.enter()) {
            ProductShapes.applyTransposed(w, u, out);
            Panels panels = own(w).transposedPanels();
            product(call, panels, panels.scales == null ? whole(call, panels, u) : scaled(call, panels, u), out, Epilogue.NONE);
        }
    }

    /** The scales of integer weights belong to the inputs of the transpose. */
    private static Block scaled(CallScope call, Panels w, Block u) {
        Block scaled = Job.of(call).scratch(u.rows(), u.cols());
        for (int p = 0; p < u.rows(); p++) {
            F32Rows.multiply(u.address() + p * u.strideBytes(), w.scales.address(), scaled.address() + p * scaled.strideBytes(), u.cols());
        }
        return scaled;
    }

    /** The state; if the last step of the weights reads beyond a row, a copy in which zeros follow each row. */
    private static Block whole(CallScope call, Panels w, Block z) {
        if (w.inputs % w.share == 0) {
            return z;
        }
        Block copy = Job.of(call).scratch(z.rows(), z.cols());
        copy.copyFrom(z);
        return copy;
    }

    private void product(CallScope call, Panels w, Block z, Block out, Epilogue epilogue) {
        double work = 2.0 * z.rows() * w.inputs * w.outputs;
        if (epilogue.norms() == null && !shared(work)) {
            if (w.type == Type.F32) {
                F32Product.apply(w, z, out, epilogue, 0, w.count, 0, z.rows());
            } else {
                F64Product.apply(w, z, out, epilogue, 0, w.count, 0, z.rows());
            }
            return;
        }
        Job job = Job.of(call);
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

    /**
     * By panels, so that a worker reads the same weights in every call. By rows if there are too few panels, or so many rows that the
     * weights cost little: then a worker finds its rows in its own cache, where it has left them in the call before. Two threads took
     * 0.98 ms instead of 1.14 for 648×512 by 512, 3.10 instead of 3.33 for 648×1536 by 512 (Intel 6/167).
     */
    private void split(Job job, int panels, int rows, double work) {
        int threads = team().threads();
        job.byRows = rows >= Job.MANY_ROWS * threads || panels < 2 * threads && rows >= Job.ROWS * threads;
        Tuning.share(team(), job, job.byRows ? (rows + Job.ROWS - 1) / Job.ROWS : panels, work);
    }

    private void norms(Job job) {
        if (job.epilogue.norms() != null) {
            job.kind = Job.Kind.NORMS;
            Tuning.share(team(), job, job.out.rows(), 8.0 * job.out.rows() * job.out.cols());
        }
    }

    @Override
    default void gemm(double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        try (Job job = Job.enter()) {
            ProductShapes.gemm(a, transposeA, b, transposeB, c);
            product(job, Job.Kind.GEMM, alpha, a, transposeA, b, transposeB, beta, c);
            int panels = a.type() == Type.F32 ? F32Gemm.panels(c) : F64Gemm.panels(c);
            split(job, panels, c.rows(), 2.0 * c.rows() * c.cols() * (transposeA ? a.rows() : a.cols()));
        }
    }

    @Override
    default void gemm(int count, double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        try (Job job = Job.enter()) {
            ProductShapes.gemm(count, a, transposeA, b, transposeB, c);
            product(job, Job.Kind.SYSTEMS, alpha, a, transposeA, b, transposeB, beta, c);
            job.count = count;
            Tuning.share(team(), job, count, 2.0 * c.rows() * c.cols() * (transposeA ? a.rows() / count : a.cols()));
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
    default void finish(Block z, Block out, Epilogue epilogue) {
        try (Job job = Job.enter()) {
            ProductShapes.finish(z, out, epilogue);
            job.kind = Job.Kind.FINISH;
            job.x = z;
            job.out = out;
            job.epilogue = epilogue;
            if (!epilogue.changesNothing()) {
                Tuning.share(team(), job, out.rows(), 8.0 * out.rows() * out.cols());
            }
            norms(job);
        }
    }
}
