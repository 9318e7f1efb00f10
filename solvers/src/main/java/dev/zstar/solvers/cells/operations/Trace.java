package dev.zstar.solvers.cells.operations;

import dev.zstar.solvers.cells.program.Register;
import java.util.List;

/**
 * The registers of an operation after {@link Operation#value}.
 *
 * @param in its inputs
 * @param out its result
 * @param saved what it returned
 */
public record Trace(List<Register> in, Register out, List<Register> saved) {
    /** Input i. */
    public Register in(int i) {
        return in.get(i);
    }

    /** What was saved at index i. */
    public Register saved(int i) {
        return saved.get(i);
    }
}
