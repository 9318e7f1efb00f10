package dev.zstar.solvers.cells.program;

/** What an instruction does, for any number of active rows. */
@FunctionalInterface
public interface Binding {
    /** The step for the blocks of this frame. Blocks of external registers are asked for when the step runs, all others may be now. */
    Step bind(Frame frame);
}
