package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.EquilibriumMap;

/** A map as a vector field that does not depend on the time. */
record AutonomousOde<G>(EquilibriumMap<G> map) implements DifferentiableOde<G> {
    @Override
    public void apply(double[] t, Block z, Block out, Rows rows) {
        map.apply(z, out, rows);
    }

    @Override
    public void inject(Block x) {
        map.inject(x);
    }

    @Override
    public long version() {
        return map.version();
    }

    @Override
    public void linearise(double[] t, Block z, Rows rows) {
        map.linearise(z, rows);
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        map.vjp(u, out, rows);
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        map.jvp(v, out, rows);
    }

    @Override
    public void gradients(Block v, Block z, Block x, Rows rows, G sum) {
        map.gradients(v, z, x, rows, sum);
    }
}
