package dev.zstar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.cells.DenseParameters;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import java.util.Arrays;

/** A dense cell with parameters in arrays. */
final class DenseModel implements Model<DenseParameters> {
    private DenseParameters parameters;
    private final DenseParameters gradients;

    DenseModel(DenseParameters parameters) {
        this.parameters = parameters;
        int n = parameters.n();
        gradients = new DenseParameters(parameters.activation(), new float[n][n], new float[n][parameters.inputs()], new float[n]);
    }

    @Override
    public Type type() {
        return Type.F32;
    }

    @Override
    public int n() {
        return parameters.n();
    }

    @Override
    public int inputs() {
        return parameters.inputs();
    }

    @Override
    public DenseParameters parameters() {
        return parameters;
    }

    @Override
    public DenseParameters gradients() {
        return gradients;
    }

    @Override
    public void clearGradients() {
        for (float[] row : gradients.w()) {
            Arrays.fill(row, 0);
        }
        for (float[] row : gradients.u()) {
            Arrays.fill(row, 0);
        }
        Arrays.fill(gradients.b(), 0);
    }

    @Override
    public void update(DenseParameters next) {
        if (next.n() != n() || next.inputs() != inputs() || next.activation() != parameters.activation()) {
            throw new IllegalArgumentException("update: the parameters are of a " + describe(next) + ", expected a " + this);
        }
        requireShapes("update", "", next);
        parameters = next;
    }

    @Override
    public void requireGradients(String operation) {
        requireShapes(operation, "the gradient of ", gradients);
    }

    /**
     * Throws if a row of W or U is null or was replaced by one of another length. Called before anything is written.
     *
     * @param of before the name of a matrix, in the message
     */
    private static void requireShapes(String operation, String of, DenseParameters p) {
        Arguments.rows(operation, of + "W", p.w(), p.n());
        Arguments.rows(operation, of + "U", p.u(), p.inputs());
    }

    private static String describe(DenseParameters p) {
        return p.activation() + " cell of " + p.n() + " elements and " + p.inputs() + " inputs";
    }

    @Override
    public Plan<?> plan(Engine engine, int batch) {
        return new Planned(engine, batch);
    }

    @Override
    public void close() {
        // Arrays need no closing.
    }

    @Override
    public String toString() {
        return describe(parameters);
    }

    private final class Planned implements Plan<DenseCell.Gradients> {
        private final OwnedMemory memory;
        private final Block w;
        private final Block u;
        private final Block b;
        private final DenseCell cell;
        private final DenseCell.Gradients sums;

        Planned(Engine engine, int batch) {
            memory = new OwnedMemory(engine);
            try {
                w = memory.block(Type.F32, n(), n());
                u = memory.block(Type.F32, n(), inputs());
                b = memory.block(Type.F32, 1, n());
                requireShapes("forward", "", parameters);
                copyIn();
                sums = new DenseCell.Gradients(memory.block(Type.F32, n(), n()), memory.block(Type.F32, n(), inputs()),
                        memory.block(Type.F32, 1, n()), memory.block(Type.F32, batch, inputs()));
                cell = memory.add(new DenseCell(engine, parameters.activation(), w, u, b, batch), DenseCell::close, DenseCell::bytes);
            } catch (Throwable e) {
                memory.close();
                throw e;
            }
        }

        private void copyIn() {
            RowArrays.copyIn(parameters.w(), w);
            RowArrays.copyIn(parameters.u(), u);
            b.copyFrom(parameters.b());
        }

        @Override
        public EquilibriumMap<DenseCell.Gradients> map() {
            return cell;
        }

        @Override
        public DenseCell.Gradients clear(int rows) {
            sums.w().fill(0);
            sums.u().fill(0);
            sums.b().fill(0);
            sums.x().fill(0);
            return new DenseCell.Gradients(sums.w(), sums.u(), sums.b(), sums.x().head(rows));
        }

        @Override
        public Block dx() {
            return sums.x();
        }

        @Override
        public void addGradients() {
            RowArrays.add(sums.w(), gradients.w());
            RowArrays.add(sums.u(), gradients.u());
            RowArrays.add(sums.b(), gradients.b());
        }

        @Override
        public void update() {
            copyIn();
            cell.update(w, u, b);
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
