package dev.zstar.solvers.cells.program;

/** An instruction bound to the blocks of one number of active rows. Allocates nothing. */
@FunctionalInterface
public interface Step {
    /** Computes. */
    void run();
}
