package dev.zstar.solvers.fixedpoint;

import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Workspace;

/** {@code z + β (f(z) - z)}, the same β in every step. */
final class PlainSteps implements IterationMethod {
    private final Workspace workspace;
    private final double β;

    PlainSteps(Workspace workspace, double β) {
        this.workspace = workspace;
        this.β = β;
    }

    @Override
    public void begin(int b) {
        // Nothing is learnt.
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
