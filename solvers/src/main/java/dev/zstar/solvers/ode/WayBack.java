package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/** A gradient mode with its memory: what it keeps of a forward solve, and how it goes back. */
interface WayBack<G> {
    /** Forgets the last solve, and returns what listens to the next one; null for nothing. */
    StepListener listen();

    /**
     * Goes back from t₁ to t₀, and adds the gradients of θ and x.
     *
     * @param a by row of the batch: {@code ∂L/∂z(t₁)}, which becomes {@code ∂L/∂z(t₀)}
     * @param used the rows that have a gradient; not changed. The outcome gets a status for each
     */
    void run(OdePass pass, Block a, Rows used, G sum, OdeGradientOutcome outcome);
}
