package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Shaped;
import dev.zstar.solvers.TwiceDifferentiableMap;
import dev.zstar.solvers.cells.operations.Bank;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.parameters.Parameters;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A cell with its memory: a map for every solver, layer and gradient mode. Made by {@link Cell#plan}.
 *
 * <p>Every call takes any number of rows up to {@link #batch}. Rows are counted from 0. Allocates nothing once it has been called with each
 * number of rows. Not thread-safe.
 */
public final class CellMap implements TwiceDifferentiableMap<CellGradients>, Shaped, AutoCloseable {
    private final Cell cell;
    private final Engine engine;
    private final Parameters parameters;
    private final OwnedMemory memory;
    private final Bank bank;
    private final Programs programs;
    private final Format[] formats;
    private final FixedPointMap[] narrow;
    private final int batch;
    private final InputGradients dx;
    /** Null until the first {@link #secondGradients}. */
    private SecondGradients second;
    private long version;
    private long linearisations;

    CellMap(Cell cell, Engine engine, int batch, Parameters parameters, Keep keep, Format... narrow) {
        this.cell = cell;
        this.engine = Arguments.present("plan", "the engine", engine);
        Arguments.atLeast("plan", "the batch", batch, 1);
        this.batch = batch;
        this.parameters = Arguments.present("plan", "the parameters", parameters);
        Arguments.present("plan", "what to keep", keep);
        for (Format format : Arguments.present("plan", "the list of formats", narrow)) {
            Arguments.present("plan", "a format", format);
        }
        parameters.requireFit("plan", "the parameters", cell.type(), cell.descriptions());
        formats = Arrays.stream(narrow).distinct().filter(format -> format != Format.FULL).toArray(Format[]::new);
        memory = new OwnedMemory(engine);
        try {
            bank = new Bank(engine, memory, parameters, Math.multiplyExact(batch, cell.mostRows()), List.of(formats));
            programs = new Programs(cell, engine, bank, memory, batch, keep);
            dx = new InputGradients(engine, memory, cell.type(), batch, cell.inputs());
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        this.narrow = IntStream.range(0, formats.length)
                .<FixedPointMap>mapToObj(i -> (z, out, rows) -> evaluate(i, z, out, rows)).toArray(FixedPointMap[]::new);
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
     * Reads the parameters again. Every row loses its input and its point of linearisation: call {@link #inject} again. Does not look for
     * NaN: with it, rows end with {@code NONFINITE_FUNCTION}.
     */
    public void update() {
        programs.inputs.clear();
        change();
        bank.update();
    }

    /** What {@link #update} remembers, for checkpoints: the singular vector {@code <name>.v} of each spectral norm. A view. */
    public Parameters buffers() {
        return bank.buffers();
    }

    /** Reads the parameters and the {@link #buffers} again, after both got values from a checkpoint: {@link #update} without a step. */
    public void restore() {
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
        if (Arguments.present("in", "the format", format) == Format.FULL) {
            return this;
        }
        int index = Arrays.asList(formats).indexOf(format);
        if (index < 0) {
            throw new IllegalArgumentException("in: this map does not keep its matrices in " + format + ", expected one of "
                    + Arrays.toString(formats) + ", the formats that it was planned with");
        }
        return narrow[index];
    }

    /** The map in the first narrower format that it was planned with; null if it was given none. */
    @Override
    public FixedPointMap approximation() {
        return narrow.length == 0 ? null : narrow[0];
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
        int rows = Arguments.present("inject", "x", x).rows();
        if (rows > batch) {
            throw new IllegalArgumentException("inject: the number of rows of x is " + rows + ", expected at most " + batch);
        }
        x.requireShape("inject", "x", cell.type(), rows, cell.inputs());
        change();
        programs.inputs.reset();
        if (rows > 0) {
            programs.inject.run(programs.memory, rows, x);
        }
        for (int b = 0; b < rows; b++) {
            programs.inputs.fill(b, true);
        }
    }

    /** Sets the input of one row of the batch, for a stream. Reads x, {@code 1 × inputs}, and does not keep it. */
    public void inject(int row, Block x) {
        Arguments.present("inject", "x", x).requireShape("inject", "x", cell.type(), 1, cell.inputs());
        Arguments.row("inject", row, batch);
        version++;
        programs.points.fill(row, false);
        programs.inputs.fill(row, false);
        programs.inputs.front(row);
        programs.inject.run(programs.memory, 1, x);
        programs.inputs.fill(row, true);
    }

    private int require(String operation, String name, Block block, String outName, Block out, Rows rows) {
        int count = Arguments.present(operation, "rows", rows).count();
        Arguments.present(operation, name, block).requireShape(operation, name, cell.type(), count, cell.n());
        Arguments.present(operation, outName, out).requireShape(operation, outName, cell.type(), count, cell.n());
        Arguments.disjoint(operation, name, block, outName, out);
        return count;
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        evaluate(-1, z, out, rows);
    }

    private void evaluate(int format, Block z, Block out, Rows rows) {
        int count = require("apply", "z", z, "out", out, rows);
        programs.inputs.arrange("apply", rows);
        if (count == 0) {
            return;
        }
        bank.format(format);
        try {
            programs.value.run(programs.memory, count, z, out);
        } finally {
            bank.format(-1);
        }
    }

    @Override
    public void linearise(Block z, Rows rows) {
        int count = Arguments.present("linearise", "rows", rows).count();
        Arguments.present("linearise", "z", z).requireShape("linearise", "z", cell.type(), count, cell.n());
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
        derivative("vjp", programs.vjp, u, out, rows);
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        derivative("jvp", programs.jvp, v, out, rows);
    }

    private void derivative(String operation, Code code, Block in, Block out, Rows rows) {
        int count = require(operation, "the vector", in, "out", out, rows);
        programs.points.arrange(operation, rows);
        programs.inputs.arrange(operation, rows);
        if (count > 0) {
            code.run(programs.memory, count, in, out);
        }
    }

    @Override
    public void gradients(Block v, Block z, Block x, Rows rows, CellGradients sum) {
        require("gradients", "v", v, "z", z, rows);
        requireSum("gradients", x, rows, sum);
        programs.points.arrange("gradients", rows);
        programs.inputs.arrange("gradients", rows);
        addGradients(programs, v, z, x, rows, sum);
    }

    private void requireSum(String operation, Block x, Rows rows, CellGradients sum) {
        Arguments.present(operation, "x", x).requireShape(operation, "x", cell.type(), rows.count(), cell.inputs());
        Block dxs = Arguments.present(operation, "the record of gradients", sum).x();
        if (dxs != null) {
            dxs.requireShape(operation, "the gradient of x", cell.type(), dxs.rows(), cell.inputs());
            for (int p = 0; p < rows.count(); p++) {
                Arguments.row(operation, rows.index(p), dxs.rows());
            }
        }
    }

    private void addGradients(Programs at, Block v, Block z, Block x, Rows rows, CellGradients sum) {
        int count = rows.count();
        if (count == 0) {
            return;
        }
        if (sum.parameters() != null) {
            bank.begin(sum.parameters());
        }
        try {
            if (sum.x() == null) {
                at.gradients.run(at.memory, count, v, z, x, null);
            } else {
                at.gradientsOfInput.run(at.memory, count, v, z, x, dx.head(count));
                dx.addTo(sum.x(), rows);
            }
        } finally {
            if (sum.parameters() != null) {
                bank.end();
            }
        }
    }

    /**
     * Computed by central differences of {@link #gradients} in the direction c, with a relative error of about 10⁻⁵ in f32 and 10⁻¹¹ in
     * f64. The first call allocates memory for another linearisation.
     */
    @Override
    public void secondGradients(Block c, Block u, Block z, Block x, Rows rows, CellGradients sum, Block dz) {
        require("secondGradients", "c", c, "z", z, rows);
        require("secondGradients", "u", u, "z", z, rows);
        requireSum("secondGradients", x, rows, sum);
        if (dz != null) {
            dz.requireShape("secondGradients", "the gradient of z", cell.type(), Math.max(rows.count(), dz.rows()), cell.n());
        }
        programs.points.arrange("secondGradients", rows);
        if (second == null) {
            Programs twin = new Programs(cell, engine, bank, memory, batch, Keep.POINT);
            second = new SecondGradients(engine, memory, twin, cell.type(), batch, cell.n(), this::addGradients);
        }
        if (rows.count() > 0) {
            second.add(c, u, z, x, rows, sum, dz);
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
