package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.ReplicatedMap;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.TwiceDifferentiableMap;
import dev.zstar.solvers.cells.operations.Bank;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.parameters.Parameters;

/**
 * A cell with its memory: a map for every solver, layer and gradient mode. Made by {@link Cell#plan}.
 *
 * <p>Every call takes any number of rows up to {@link #batch}. Rows are counted from 0. Allocates nothing after its first calls with up to
 * 1,024 rows, and after the first call with each larger number. One solve or stream may use it at a time; two evaluations at once throw.
 */
public final class CellMap implements TwiceDifferentiableMap<CellGradients>, Shaped, AutoCloseable {
    private final Cell cell;
    private final Engine engine;
    private final Parameters parameters;
    private final OwnedMemory memory;
    private final Bank bank;
    private final Programs programs;
    private final NarrowMaps narrow;
    private final int batch;
    private final InputGradients dx;
    private final CellChecks checks;
    private final CellReplicas replicas;
    private final CellAdjoint adjoint;
    /** Null until the first {@link #secondGradients}. */
    private SecondGradients second;
    private long version;
    private long linearisations;

    CellMap(Cell cell, Engine engine, int batch, Parameters parameters, Keep keep, Format... narrow) {
        this.cell = cell;
        this.engine = Arguments.present("plan", "the engine", engine);
        Arguments.atLeast("plan", "the batch", batch, 1);
        this.batch = batch;
        this.parameters = Arguments.present("plan", "the object of parameters", parameters);
        Arguments.present("plan", "what to keep", keep);
        this.narrow = new NarrowMaps(this::select, this, narrow);
        parameters.requireFit("plan", "the parameters", cell.type(), cell.descriptions());
        CellChecks.requireBatch(cell, batch);
        memory = new OwnedMemory(engine);
        try {
            bank = new Bank(engine, memory, parameters, batch * cell.mostRows(), this.narrow.formats());
            programs = new Programs(cell, engine, bank, memory, batch, keep);
            dx = new InputGradients(engine, memory, cell.type(), batch, cell.inputs());
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        checks = new CellChecks(cell, batch, parameters);
        replicas = new CellReplicas(cell, programs, checks, slots -> new Programs(cell, engine, bank, memory, slots, keep));
        adjoint = new CellAdjoint(this, replicas);
    }

    /** The description. */
    public Cell cell() {
        return cell;
    }

    /** The parameters that the map was planned with. After changing their values call {@link #update}. */
    public Parameters parameters() {
        return parameters;
    }

    /**
     * Reads the parameters again, after a step of an optimiser or after a file has been read. Every row loses its input and its point of
     * linearisation: call {@link #inject} again. The power iteration of each spectral norm takes as many steps as the change of its matrix
     * needs: one after a small change, 50 after other values were read. With NaN, rows end with {@code NONFINITE_FUNCTION}.
     *
     * @throws IllegalArgumentException if a matrix holds NaN or a row of zeros and cannot be normalised; call it again with others
     */
    public void update() {
        replicas.requireIdle("update");
        programs.inputs.clear();
        change();
        bank.update();
    }

    /** What {@link #update} keeps from call to call, for checkpoints: the singular vector {@code <name>.v} of each spectral norm. */
    public Parameters buffers() {
        checks.requireOpen("buffers");
        return bank.buffers();
    }

    /** {@link #update} without power iterations: after parameters and {@link #buffers} were loaded, or parameters were swapped. */
    public void restore() {
        replicas.requireIdle("restore");
        programs.inputs.clear();
        change();
        bank.restore();
    }

    private void change() {
        version++;
        programs.points.clear();
    }

    @Override
    public Engine engine() {
        return engine;
    }

    @Override
    public Type type() {
        return cell.type();
    }

    @Override
    public int batch() {
        return batch;
    }

    @Override
    public int n() {
        return cell.n();
    }

    /** Bytes that this map holds, without the parameters themselves. Transposed copies of matrices are added by the first derivative. */
    @Override
    public long bytes() {
        return memory.bytes();
    }

    /** The blocks of intermediate values: a line for each with its shape, its bytes, and what it holds. */
    public String memoryTable() {
        return programs.memory.table();
    }

    /**
     * This map with its matrices rounded to a format: the cheap map of mixed precision. For {@link Format#FULL} it is the map itself. It
     * shares everything else, follows {@link #update}, and closes with the map. Not thread-safe together with it.
     *
     * @throws IllegalArgumentException if the map was not planned with the format
     */
    public FixedPointMap in(Format format) {
        return format == Format.FULL ? this : narrow.get("in", format);
    }

    long weightBytes(String name, Format format) {
        return bank.bytes(name, narrow.index("weightBytes", format));
    }

    @Override
    public double rowOperations() {
        return cell.rowOperations();
    }

    @Override
    public ReplicatedMap replicas() {
        return replicas;
    }

    /** Always the same object. Its replicas are those of the map. */
    @Override
    public LinearOperator adjoint() {
        return adjoint;
    }

    /** The map in the first narrower format that it was planned with; null if it was given none. */
    @Override
    public FixedPointMap approximation() {
        return narrow.first();
    }

    @Override
    public long version() {
        return version;
    }

    @Override
    public long linearisation() {
        return version + linearisations;
    }

    /**
     * Sets the input of the following solves, until the next {@link #update}, and computes what depends on it alone.
     *
     * @param x {@code rows × inputs}, with at most {@link #batch} rows; read, not kept. The remaining rows of the batch then have no input
     */
    @Override
    public void inject(Block x) {
        replicas.requireIdle("inject");
        int rows = Arguments.present("inject", "x", x).rows();
        if (rows > batch) {
            throw new IllegalArgumentException("inject: the number of rows of x is " + rows + ", expected at most " + batch);
        }
        x.requireShape("inject", "x", cell.type(), rows, cell.inputs());
        change();
        programs.inputs.reset();
        if (rows > 0) {
            bank.dropout().assign(0, rows);
            programs.inject.run(programs.memory, rows, x);
        }
        programs.inputs.fill(rows);
    }

    /** Sets the input of one row of the batch, for a stream. Reads x, {@code 1 × inputs}, and does not keep it. */
    public void inject(int row, Block x) {
        checks.requireOpen("inject");
        Arguments.present("inject", "x", x).requireShape("inject", "x", cell.type(), 1, cell.inputs());
        Arguments.row("inject", row, batch);
        version++;
        programs.points.fill(row, false);
        programs.inputs.fill(row, false);
        programs.inputs.front(row);
        bank.dropout().assign(row, 1);
        programs.inject.run(programs.memory, 1, x);
        programs.inputs.fill(row, true);
    }

    /** Turns dropout on: each row draws its masks with its next inject. They depend on the seed and on the number of the row only. */
    public void dropout(long seed) {
        bank.dropout().start(seed);
    }

    /** Turns dropout off, which is the initial state. Each row keeps its masks until its next inject. */
    public void noDropout() {
        bank.dropout().stop();
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        programs.apply(checks, z, out, rows);
    }

    private void select(int format) {
        bank.format(format);
    }

    @Override
    public void linearise(Block z, Rows rows) {
        int count = checks.require("linearise", "z", z, rows);
        programs.inputs.arrange("linearise", rows);
        linearisations++;
        programs.points.open("linearise", rows);
        if (count > 0) {
            programs.linearise.run(programs.memory, count, z);
        }
        programs.points.filled(rows);
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        programs.vjp(checks, u, out, rows);
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        programs.jvp(checks, v, out, rows);
    }

    @Override
    public void gradients(Block v, Block z, Block x, Rows rows, CellGradients sum) {
        addGradients(v, z, x, rows, checks.sums("gradients", sum), sum.x());
    }

    /** @param sums by parameter where its gradient is added, or null */
    void gradients(Block v, Block z, Block x, Rows rows, Block[] sums, Block sumX) {
        checks.requireApart("gradients", sums);
        addGradients(v, z, x, rows, sums, sumX);
    }

    private void addGradients(Block v, Block z, Block x, Rows rows, Block[] sums, Block sumX) {
        checks.require("gradients", "v", v, z, x, rows, sums, sumX);
        programs.points.arrange("gradients", rows);
        programs.inputs.arrange("gradients", rows);
        addGradients(programs, v, z, x, rows, sums, sumX);
    }

    private void addGradients(Programs at, Block v, Block z, Block x, Rows rows, Block[] sums, Block sumX) {
        int count = rows.count();
        if (count == 0) {
            return;
        }
        bank.begin(sums);
        try {
            if (sumX == null) {
                at.gradients.run(at.memory, count, v, z, x, null);
            } else {
                at.gradientsOfInput.run(at.memory, count, v, z, x, dx.head(count));
                dx.addTo(sumX, rows);
            }
        } finally {
            bank.end();
        }
    }

    /**
     * Computed by central differences of {@link #gradients} in the direction c, with a relative error of about 10⁻⁵ in f32 and 10⁻¹¹ in
     * f64. The first call allocates memory for another linearisation.
     */
    @Override
    public void secondGradients(Block c, Block u, Block z, Block x, Rows rows, CellGradients sum, Block dz) {
        addSecondGradients(c, u, z, x, rows, checks.sums("secondGradients", sum), sum.x(), dz);
    }

    void secondGradients(Block c, Block u, Block z, Block x, Rows rows, Block[] sums, Block sumX, Block dz) {
        checks.requireApart("secondGradients", sums);
        addSecondGradients(c, u, z, x, rows, sums, sumX, dz);
    }

    private void addSecondGradients(Block c, Block u, Block z, Block x, Rows rows, Block[] sums, Block sumX, Block dz) {
        checks.require("secondGradients", c, u, z, x, rows, sums, sumX, dz);
        programs.points.arrange("secondGradients", rows);
        if (second == null) {
            Programs twin = new Programs(cell, engine, bank, memory, batch, Keep.POINT);
            second = new SecondGradients(engine, memory, twin, bank.dropout(), cell.type(), batch, cell.n(), this::addGradients);
        }
        if (rows.count() > 0) {
            second.add(c, u, z, x, rows, sums, sumX, dz);
        }
    }

    @Override
    public void close() {
        checks.close();
        memory.close();
    }
}
