package dev.zstar.solvers.fixedpoint;

import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Workspace;

/** The steps {@code z + β (f(z) - z)}, with the same β in every step. */
final class PlainSteps implements IterationMethod {
    private final Workspace workspace;
    private final double β;

    PlainSteps(Workspace workspace, double β) {
        this.workspace = workspace;
        this.β = β;
    }

    @Override
    public void begin(int b) {
        // There is no state to reset.
    }

    @Override
    public void advance(Iterates at, FixedPointMap f) {
        if (β < 1) {
            workspace.engine().axpby(1 - β, at.z(), β, at.g());
        }
    }

    @Override
    public double damping() {
        return β;
    }
}
