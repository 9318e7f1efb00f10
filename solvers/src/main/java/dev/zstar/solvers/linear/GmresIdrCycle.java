package dev.zstar.solvers.linear;

import dev.zstar.solvers.Workspace;

/** The cycles of {@link GmresIdr}: the first is one of GMRES, and the others are of IDR(s), in the same memory. */
final class GmresIdrCycle implements CycleMethod {
    private final GmresCycle gmres;
    /** Null if there is no memory for a pair, or if the space of GMRES can hold all solutions. */
    private final IdrCycle idr;
    private boolean continued;

    /** Allocates {@code steps + 1} blocks, and s vectors. */
    GmresIdrCycle(Workspace workspace, int steps) {
        gmres = new GmresCycle(workspace, Gmres.Options.DEFAULT.withRestart(steps));
        int s = GmresIdr.pairs(steps, workspace.n());
        idr = s == 0 ? null : new IdrCycle(workspace, s, gmres.space(), gmres.own(), gmres.problem());
    }

    @Override
    public void begin(Residuals at) {
        continued = idr != null && at.cycle() > 0;
        if (continued) {
            idr.begin(at, at.cycle() == 1);
        } else {
            gmres.begin(at);
        }
    }

    @Override
    public void step(Residuals at) {
        if (continued) {
            idr.step(at);
        } else {
            gmres.step(at);
        }
    }

    @Override
    public void end(Residuals at) {
        if (continued) {
            idr.end(at);
        } else {
            gmres.end(at);
            for (int p = 0; idr != null && p < at.open().count(); p++) {
                int b = at.open().index(p);
                if (at.gaveUp(b) == null) {
                    at.hope(b);
                }
            }
        }
    }
}
