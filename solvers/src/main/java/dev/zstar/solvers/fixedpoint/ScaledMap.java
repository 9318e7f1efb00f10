package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.internal.InputGuard;

/**
 * A map as seen by a solver that works in other {@linkplain Scales units}. It offers whatever the map itself offers. Derivatives are the
 * same in all units.
 */
final class ScaledMap implements DifferentiableMap, InputGuard.Own {
    private final FixedPointMap f;
    private final DifferentiableMap derivatives;
    private final FixedPointMap approximation;
    private final Scales scales;

    ScaledMap(FixedPointMap f, Scales scales) {
        this.f = f;
        this.scales = scales;
        derivatives = f.derivatives();
        FixedPointMap cheap = f.approximation();
        approximation = cheap == null ? null : new ScaledMap(cheap, scales);
    }

    @Override
    public DifferentiableMap derivatives() {
        return derivatives == null ? null : this;
    }

    @Override
    public double rowOperations() {
        return f.rowOperations();
    }

    @Override
    public FixedPointMap approximation() {
        return approximation;
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        scales.outward(z, rows);
        InputGuard.evaluate(f, z, out, rows);
        scales.inward(z, rows);
        scales.inward(out, rows);
    }

    @Override
    public void linearise(Block z, Rows rows) {
        scales.outward(z, rows);
        derivatives.linearise(z, rows);
        scales.inward(z, rows);
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        derivatives.vjp(u, out, rows);
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        derivatives.jvp(v, out, rows);
    }

    @Override
    public long linearisation() {
        return derivatives.linearisation();
    }
}
