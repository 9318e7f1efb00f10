package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.parameters.Parameter;
import java.util.List;

/** A family whose features are the state of one cell. */
interface CellFamily extends Family {
    /** The cell. */
    Cell cell();

    @Override
    default Type type() {
        return cell().type();
    }

    @Override
    default int inputs() {
        return cell().inputs();
    }

    @Override
    default int features() {
        return cell().n();
    }

    @Override
    default List<Parameter> descriptions() {
        return cell().descriptions();
    }
}
