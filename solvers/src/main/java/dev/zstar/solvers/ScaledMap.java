package dev.zstar.solvers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;

/** A map as a solver sees it that works in other {@linkplain Scales units}; it offers what the map itself offers. */
class ScaledMap implements FixedPointMap {
    private final FixedPointMap f;
    final Scales scales;

    private ScaledMap(FixedPointMap f, Scales scales) {
        this.f = f;
        this.scales = scales;
    }

    static ScaledMap of(FixedPointMap f, Scales scales) {
        return f instanceof DifferentiableMap map ? new Differentiable(map, scales) : new ScaledMap(f, scales);
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        scales.outward(z, rows);
        f.apply(z, out, rows);
        scales.inward(z, rows);
        scales.inward(out, rows);
    }

    /** Derivatives are the same in all units. */
    private static final class Differentiable extends ScaledMap implements DifferentiableMap {
        private final DifferentiableMap f;

        Differentiable(DifferentiableMap f, Scales scales) {
            super(f, scales);
            this.f = f;
        }

        @Override
        public void linearise(Block z, Rows rows) {
            scales.outward(z, rows);
            f.linearise(z, rows);
            scales.inward(z, rows);
        }

        @Override
        public void vjp(Block u, Block out, Rows rows) {
            f.vjp(u, out, rows);
        }

        @Override
        public void jvp(Block v, Block out, Rows rows) {
            f.jvp(v, out, rows);
        }
    }
}
