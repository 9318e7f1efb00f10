package dev.zstar.solvers.training;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Weights;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.ReplicatedMap;
import dev.zstar.solvers.RowData;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OneCaller;
import dev.zstar.solvers.guard.PerWorker;

/**
 * The Peaceman-Rachford splitting of {@code z = φ(W z + U x + b)} (Winston and Kolter 2020, section 3.3), as a map that any solver
 * iterates, with φ ReLU or the identity. With the resolvent {@code V = (I + α (I - W))⁻¹} its steps are {@code u ← 2 h - r},
 * {@code h = V (r + α (U x + b))}, {@code r = 2 φ(u) - u}. In terms of {@code R = 2 V - I} they are {@code u ← R r + c} with the constant
 * {@code c = 2 α V (U x + b)}, so a step is one fused product, as for the cell itself. The state u is not the equilibrium:
 * {@link #equilibrium} computes {@code z = φ(u)}.
 *
 * <p>If {@code I - W} is strongly monotone with constant m ({@link MonotoneWeights}) and {@code L = ‖I - W‖₂}, the map contracts for every
 * {@code α > 0}. For {@code u ↦ r} is nonexpansive, and {@code ‖R‖² ≤ 1 - 4 α m / (1 + α L)²}, since R takes {@code y + α (I - W) y} to
 * {@code y - α (I - W) y}. The bound is smallest, {@code 1 - m / L}, for {@code α = 1 / L}; that of forward-backward is at best
 * {@code 1 - m² / L²}. On the other hand, every update of W computes an inverse in f64, {@code 8/3 n³} operations in the calling thread.
 *
 * <p>For gradients, linearise a {@link DenseCell} or a {@link ForwardBackward} of the same weights at z: it has the same equilibrium, and
 * its backward solve applies. The derivatives of this map are for Newton's method. Not thread-safe.
 *
 * <p>Holds R and U packed, {@code Block.bytes(type, n, n) + Block.bytes(type, 1, n) + 3 Block.bytes(type, batch, n)}, and
 * {@code 8 n (n + min(n, 256))} bytes on the heap.
 */
public final class PeacemanRachford extends Splitting implements DifferentiableMap {
    private final Activation activation;
    private final MatrixInverse inverse;
    private final Block matrix;
    private final Weights r;
    private final Weights u;
    private final Block bias;
    private final Epilogue biased;
    /** c. The epilogue refers to it, and to its rows, which are those of the present call. */
    private final RowData injected;
    private final Block scratch;
    /** {@code 2 φ' - 1}. */
    private final RowData slope;
    private final Epilogue epilogue;
    private final ReplicatedMap replicas;
    private long linearisations;

    /**
     * For batches of up to {@code batch} rows. Copies the parameters.
     *
     * @param w {@code n × n}
     * @param u {@code n × inputs}
     * @param bias {@code 1 × n}
     * @param step α, above 0
     * @throws IllegalArgumentException if the activation is neither ReLU nor the identity, a shape does not fit, an element is NaN or
     *     infinite, or {@code I + α (I - W)} is numerically singular
     */
    public PeacemanRachford(Engine engine, Activation activation, Block w, Block u, Block bias, double step, int batch) {
        super("Peaceman-Rachford", engine, activation, w, u, bias, step, batch);
        this.activation = activation;
        inverse = new MatrixInverse(n);
        try {
            matrix = memory.block(type, n, n);
            reflect("Peaceman-Rachford", w);
            r = memory.pack(matrix);
            this.u = memory.pack(u);
            this.bias = memory.block(type, 1, n);
            this.bias.copyFrom(bias);
            injected = constants(batch);
            scratch = memory.block(type, batch, n);
            slope = memory.add(new RowData(engine, type, batch, n, "point of linearisation",
                    "linearise(u, rows) with it, after the last update"),
                    RowData::close, RowData::bytes);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        biased = Epilogue.of(this.bias, Activation.IDENTITY);
        epilogue = Epilogue.injected(injected.block(), injected.rows(), Activation.IDENTITY);
        replicas = new Replicas();
    }

    private RowData constants(int rows) {
        return memory.add(new RowData(engine, type, rows, n, "input",
                "inject(x) with a row for it, or inject(row, x), and again after each update"), RowData::close, RowData::bytes);
    }

    /** {@code R = 2 (I + α (I - W))⁻¹ - I}. */
    private void reflect(String operation, Block w) {
        for (int i = 0; i < n; i++) {
            double[] row = inverse.row(i);
            for (int j = 0; j < n; j++) {
                row[j] = (i == j ? 1 + α : 0) - α * w.get(i, j);
            }
        }
        int column = inverse.factor();
        if (column >= 0) {
            throw new IllegalArgumentException(operation + ": I + α (I - W) with α = " + α
                    + " is numerically singular (pivot of column " + column
                    + "), expected a finite W with I - W monotone, as MonotoneWeights computes it");
        }
        for (int from = 0; from < n; from += inverse.width()) {
            int count = Math.min(inverse.width(), n - from);
            inverse.columns(from, count);
            for (int i = 0; i < n; i++) {
                double[] row = inverse.result(i);
                for (int j = 0; j < count; j++) {
                    matrix.set(i, from + j, 2 * row[j] - (i == from + j ? 1 : 0));
                }
            }
        }
    }

    /**
     * Takes new parameters of the same shapes, and computes the inverse. Call {@link #inject} again for every row. Allocates nothing.
     *
     * @throws IllegalArgumentException if {@code I + α (I - W)} is numerically singular or not finite; then the old parameters stay
     */
    public void update(Block w, Block u, Block bias) {
        requireShapes("update", w, u, bias);
        reflect("update", w);
        injected.clear();
        slope.clear();
        linearisations++;
        r.update(matrix);
        this.u.update(u);
        this.bias.copyFrom(bias);
    }

    /**
     * Sets the input of the following solves, until the next {@link #update}. Row p of x belongs to row p of the batch.
     *
     * @param x {@code rows × inputs}, with at most as many rows as the batch; read, not kept. The remaining rows then have no input
     */
    public void inject(Block x) {
        if (Arguments.present("inject", "x", x).rows() > injected.batch()) {
            throw new IllegalArgumentException("inject: the number of rows of x is " + x.rows() + ", expected at most " + injected.batch());
        }
        x.requireShape("inject", "x", type, x.rows(), inputs);
        inject(x, scratch.head(x.rows()), injected.open(x.rows()));
        injected.fill(x.rows());
    }

    /** Sets the input of one row of the batch, for a stream. Reads x, {@code 1 × inputs}, and does not keep it. */
    public void inject(int row, Block x) {
        Arguments.present("inject", "x", x).requireShape("inject", "x", type, 1, inputs);
        inject(x, scratch.head(1), injected.openRow(row));
        injected.fillRow(row);
    }

    /** {@code c = α (R + I) q}, since {@code 2 V = R + I}. */
    private void inject(Block x, Block q, Block c) {
        engine.apply(u, x, q, biased);
        engine.apply(r, q, c, Epilogue.NONE);
        engine.axpby(α, q, α, c);
    }

    @Override
    public void apply(Block u, Block out, Rows rows) {
        injected.select("apply", rows);
        step(u, scratch.head(rows.count()), out, epilogue);
    }

    private void step(Block u, Block reflected, Block out, Epilogue epilogue) {
        engine.activate(activation, u, reflected);
        engine.axpby(-1, u, 2, reflected);
        engine.apply(r, reflected, out, epilogue);
    }

    /** Always the same object. Its replicas share R, and each has a copy of c for its rows. */
    @Override
    public ReplicatedMap replicas() {
        return replicas;
    }

    /** Each holds rows of one solve. */
    private final class Replicas implements ReplicatedMap {
        private final PerWorker<SlotMap> made = new PerWorker<>(SlotMap::new);
        private final OneCaller solves = new OneCaller("map", "solved", "solve");

        @Override
        public Replica replica(int worker, int slots) {
            matrix.requireOpen("solve", "R of the Peaceman-Rachford map");
            return made.get(worker, slots);
        }

        @Override
        public void begin(String operation) {
            solves.enter(operation);
        }

        @Override
        public void end() {
            solves.leave();
        }
    }

    /** This map on slots. */
    private final class SlotMap implements ReplicatedMap.Replica {
        private final RowData own;
        private final Block reflected;
        private final Epilogue epilogue;

        SlotMap(int slots) {
            own = constants(slots);
            reflected = memory.block(type, slots, n);
            epilogue = Epilogue.injected(own.block(), own.rows(), Activation.IDENTITY);
        }

        @Override
        public void load(int slot, int row) {
            own.load("apply", slot, injected, row);
        }

        @Override
        public void apply(Block u, Block out, Rows slots) {
            own.select("apply", slots);
            step(u, reflected.head(slots.count()), out, epilogue);
        }
    }

    /** The equilibrium {@code z = φ(u)} of the cell, from the fixed point u of this map. Both have the same shape; z may be u. */
    public void equilibrium(Block u, Block z) {
        engine.activate(activation, u, z);
    }

    @Override
    public void linearise(Block u, Rows rows) {
        if (rows.count() > slope.batch()) {
            throw new IllegalArgumentException("linearise: the number of rows is " + rows.count() + ", expected at most " + slope.batch());
        }
        Block slopes = scratch.head(rows.count());
        engine.derivative(activation, u, slopes);
        slope.clear();
        linearisations++;
        for (int p = 0; p < rows.count(); p++) {
            Block row = slope.openRow(rows.index(p));
            for (int i = 0; i < n; i++) {
                row.set(0, i, 2 * slopes.get(p, i) - 1);
            }
            slope.fillRow(rows.index(p));
        }
    }

    @Override
    public long linearisation() {
        return linearisations;
    }

    /** {@code (2 φ' - 1) ⊙ (Rᵀ v)}. */
    @Override
    public void vjp(Block v, Block out, Rows rows) {
        Block d = slope.gather("vjp", rows);
        r.prepareTransposed();
        engine.applyTransposed(r, v, out);
        engine.multiply(out, d, out);
    }

    /** {@code R ((2 φ' - 1) ⊙ v)}. */
    @Override
    public void jvp(Block v, Block out, Rows rows) {
        Block d = scratch.head(rows.count());
        engine.multiply(slope.gather("jvp", rows), v, d);
        engine.apply(r, d, out, Epilogue.NONE);
    }

    /**
     * Bytes that this object holds, including those on the heap. The first {@link #vjp} adds a transposed copy of R, and the first call of
     * {@link #vjp} or {@link #jvp} with rows out of order adds a block. A solver with several groups of rows adds two blocks of a group
     * for each thread.
     */
    public long bytes() {
        return memory.bytes() + inverse.bytes();
    }
}
