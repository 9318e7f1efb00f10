package dev.zstar.kernels.simd;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.AdamStep;
import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.CallScope;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.simd.products.Panels;

/** One call of the engine, as pieces that workers run. The object is reused from call to call, so that no call allocates. */
final class Job implements Team.Loop, AutoCloseable {
    private static final CallLocal<Job> JOBS = new CallLocal<>(Job::new);

    /** Rows of a piece if a product is split by rows: two full tiles. */
    static final int ROWS = 16;
    /** Rows of a worker that share the weights it reads: 128, with 64 multiply-adds for each byte of f32. */
    static final int MANY_ROWS = 128;

    enum Kind {
        APPLY, GEMM, SYSTEMS, FINISH, NORMS, ACTIVATE, DERIVATIVE, AXPBY, MULTIPLY, MULTIPLY_ADD, MULTIPLY_COLUMNS, COLUMNS_GRADIENT, DOT,
        ASUM, IAMAX, MULTI_DOT, MULTI_AXPY, PROJECT, MIX, MIX_AROUND, STORE, NORMALISE, RESIDUAL_SWEEP, ADAM
    }

    Kind kind;
    Panels panels;
    Block x;
    Block y;
    Block out;
    double a;
    double b;
    boolean transposeX;
    boolean transposeY;
    Activation activation;
    Epilogue epilogue;
    boolean byRows;
    /** The second moment of an Adam step. */
    Block second;
    AdamStep step;
    Basis basis;
    Basis values;
    int slot;
    int count;
    Rows rows;
    double[] coefficients;
    double[] more;
    double[] sums;
    int[] indices;
    int[] counts;
    /** The call scope that this belongs to. It never changes. */
    private CallScope call;
    private Block scratch;

    /** Enters a call scope and returns its job. */
    static Job enter() {
        CallScope call = CallScope.enter();
        Job job = JOBS.of(call);
        if (job.call == null) {
            job.call = call;
        }
        return job;
    }

    /** The job of a call scope. */
    static Job of(CallScope call) {
        return JOBS.of(call);
    }

    @Override
    public void close() {
        clear();
        call.close();
    }

    /** An f32 block, valid until the caller's next operation. */
    Block scratch(int rows, int cols) {
        if (scratch == null || scratch.rows() < rows || scratch.cols() != cols) {
            if (scratch != null) {
                scratch.close();
                scratch = null;
            }
            scratch = Block.scratch(Type.F32, rows, cols);
        }
        return scratch.head(rows);
    }

    /**
     * Clears the operands, so that none is kept reachable, and so that the next call does not see those of a failed call. A test costs less
     * than a store of a reference, and few operations use more than the first four.
     */
    void clear() {
        x = null;
        y = null;
        out = null;
        sums = null;
        if (basis != null || epilogue != null) {
            basis = null;
            values = null;
            rows = null;
            counts = null;
            panels = null;
            epilogue = null;
        }
        if (step != null) {
            second = null;
            step = null;
        }
        if (coefficients != null || indices != null || activation != null) {
            coefficients = null;
            more = null;
            indices = null;
            activation = null;
        }
    }

    @Override
    public void run(int from, int to) {
        if (x.type() == Type.F32) {
            F32Job.run(this, from, to);
        } else {
            F64Job.run(this, from, to);
        }
    }
}
