package dev.zstar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.cells.DenseParameters;
import dev.zstar.solvers.diagnosis.Diagnosis;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import java.util.ArrayList;
import java.util.List;

/** The blocks behind an {@link Equilibrium}, for batches of up to a number of rows: arrays are copied in and out here. */
final class DenseLayer implements AutoCloseable {
    private final OwnedMemory memory;
    private final int batch;
    private final DenseCell cell;
    private final FixedPointSolver solver;
    private final EquilibriumLayer<DenseCell.Gradients> layer;
    private final Block w;
    private final Block u;
    private final Block b;
    private final Block x;
    private final Block z;
    private final Block g;
    private final DenseCell.Gradients sums;
    /** Of the last forward pass; 0 after an update. */
    private int rows;
    private Outcome outcome;

    DenseLayer(Engine engine, DenseParameters parameters, int batch, Stopping stopping, GradientMode mode) {
        this.batch = batch;
        int n = parameters.n();
        int inputs = parameters.inputs();
        memory = new OwnedMemory(engine);
        try {
            w = memory.block(Type.F32, n, n);
            u = memory.block(Type.F32, n, inputs);
            b = memory.block(Type.F32, 1, n);
            copy(parameters);
            x = memory.block(Type.F32, batch, inputs);
            z = memory.block(Type.F32, batch, n);
            g = memory.block(Type.F32, batch, n);
            sums = new DenseCell.Gradients(memory.block(Type.F32, n, n), memory.block(Type.F32, n, inputs), memory.block(Type.F32, 1, n),
                    memory.block(Type.F32, batch, inputs));
            cell = memory.add(new DenseCell(engine, parameters.activation(), w, u, b, batch), DenseCell::close, DenseCell::bytes);
            solver = memory.add(FixedPointSolver.plan(cell, stopping), FixedPointSolver::close, FixedPointSolver::bytes);
            layer = memory.add(EquilibriumLayer.plan(engine, Type.F32, batch, n, cell, solver, mode), EquilibriumLayer::close,
                    EquilibriumLayer::bytes);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
    }

    int batch() {
        return batch;
    }

    int rows() {
        return rows;
    }

    float[][] forward(float[][] input) {
        rows = 0;
        copyIn(input, x);
        Block state = z.head(input.length);
        state.fill(0);
        outcome = layer.forward(x.head(input.length), state);
        rows = input.length;
        return copyOut(state);
    }

    /** Throws unless all rows were solved. */
    void requireSolved() {
        if (!outcome.succeeded()) {
            List<Integer> failed = new ArrayList<>();
            for (int row = 0; row < rows; row++) {
                if (!outcome.status(row).isSuccess()) {
                    failed.add(row);
                }
            }
            List<String> reasons = Diagnosis.of(solver, cell, z.head(rows)).failures();
            throw new NotSolved(failed.size() + " of " + rows + " rows were not solved. " + String.join(" ", reasons), failed);
        }
    }

    float[][] backward(float[][] gradient, DenseParameters sum) {
        copyIn(gradient, g);
        sums.w().fill(0);
        sums.u().fill(0);
        sums.b().fill(0);
        sums.x().fill(0);
        Block dx = sums.x().head(rows);
        layer.backward(g.head(rows), new DenseCell.Gradients(sums.w(), sums.u(), sums.b(), dx));
        add(sums.w(), sum.w());
        add(sums.u(), sum.u());
        add(sums.b(), sum.b());
        return copyOut(dx);
    }

    List<Equilibrium.Row> ends() {
        List<Equilibrium.Row> ends = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            ends.add(new Equilibrium.Row(outcome.status(row), outcome.residual(row), outcome.evaluations(row)));
        }
        return ends;
    }

    void update(DenseParameters parameters) {
        copy(parameters);
        cell.update(w, u, b);
        rows = 0;
    }

    private void copy(DenseParameters parameters) {
        copyIn(parameters.w(), w);
        copyIn(parameters.u(), u);
        copyIn(new float[][] {parameters.b()}, b);
    }

    private static void copyIn(float[][] from, Block to) {
        for (int i = 0; i < from.length; i++) {
            for (int j = 0; j < from[i].length; j++) {
                to.set(i, j, from[i][j]);
            }
        }
    }

    private static float[][] copyOut(Block from) {
        float[][] to = new float[from.rows()][from.cols()];
        for (int i = 0; i < to.length; i++) {
            for (int j = 0; j < to[i].length; j++) {
                to[i][j] = (float) from.get(i, j);
            }
        }
        return to;
    }

    private static void add(Block from, float[]... to) {
        for (int i = 0; i < to.length; i++) {
            for (int j = 0; j < to[i].length; j++) {
                to[i][j] += (float) from.get(i, j);
            }
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
