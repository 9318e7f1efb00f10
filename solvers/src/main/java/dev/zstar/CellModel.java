package dev.zstar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.guard.Plural;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;

/** A described cell with parameters in blocks. */
final class CellModel implements Model<Parameters> {
    private final Cell cell;
    private final Parameters parameters;
    private final Parameters gradients;
    /** Whether the parameters close with the model. */
    private final boolean owns;

    CellModel(Cell cell, Parameters parameters, boolean owns) {
        this.cell = cell;
        this.parameters = parameters;
        this.owns = owns;
        try {
            parameters.requireFit("equilibrium", "the parameters", cell.type(), cell.descriptions());
            gradients = parameters.zerosLike();
        } catch (Throwable e) {
            if (owns) {
                parameters.close();
            }
            throw e;
        }
    }

    @Override
    public Type type() {
        return cell.type();
    }

    @Override
    public int n() {
        return cell.n();
    }

    @Override
    public int inputs() {
        return cell.inputs();
    }

    @Override
    public String stateLayout() {
        return layout(cell.state());
    }

    @Override
    public String inputLayout() {
        return layout(cell.input());
    }

    private static String layout(Shape shape) {
        return switch (shape) {
            case Shape.Vector v -> Integer.toString(v.n());
            case Shape.Tokens t -> t.size() + " (" + Plural.of(t.count(), "token") + " × " + t.width() + ")";
            case Shape.Image i -> i.size() + " (" + i.pixels().height() + " × " + i.pixels().width() + " pixels × " + i.width() + ")";
            case Shape.Together t -> t.size() + " (" + t + ")";
        };
    }

    @Override
    public Parameters parameters() {
        return parameters;
    }

    @Override
    public Parameters gradients() {
        return gradients;
    }

    @Override
    public void clearGradients() {
        gradients.clear();
    }

    @Override
    public void update(Parameters next) {
        if (!next.equals(parameters)) {
            next.requireFit("update", "the parameters", cell.type(), cell.descriptions());
            parameters.copyFrom(next);
        }
    }

    @Override
    public void requireGradients(String operation) {
        // Blocks keep their shapes.
    }

    @Override
    public Plan<?> plan(Engine engine, int batch) {
        return new Planned(engine, batch);
    }

    @Override
    public void close() {
        gradients.close();
        if (owns) {
            parameters.close();
        }
    }

    @Override
    public String toString() {
        return "cell of " + cell.state() + " with input " + cell.input();
    }

    private final class Planned implements Plan<CellGradients> {
        private final OwnedMemory memory;
        private final CellMap map;
        private final Parameters sums;
        private final Block dx;

        Planned(Engine engine, int batch) {
            memory = new OwnedMemory(engine);
            try {
                sums = memory.add(parameters.zerosLike(), Parameters::close, Parameters::bytes);
                dx = memory.block(cell.type(), batch, cell.inputs());
                map = memory.add(cell.plan(engine, batch, parameters), CellMap::close, CellMap::bytes);
            } catch (Throwable e) {
                memory.close();
                throw e;
            }
        }

        @Override
        public EquilibriumMap<CellGradients> map() {
            return map;
        }

        @Override
        public CellGradients clear(int rows) {
            sums.clear();
            dx.fill(0);
            return new CellGradients(sums, dx.head(rows));
        }

        @Override
        public Block dx() {
            return dx;
        }

        @Override
        public void addGradients() {
            for (int i = 0; i < sums.blocks().size(); i++) {
                map.engine().axpy(1, sums.blocks().get(i), gradients.blocks().get(i));
            }
        }

        @Override
        public void update() {
            map.update();
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
