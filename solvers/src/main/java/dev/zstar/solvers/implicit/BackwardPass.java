package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.guard.Finite;

/** The backward pass of a layer: v by the method of a mode, and which rows have a gradient. */
final class BackwardPass<G> {
    private final Engine engine;
    private final EquilibriumMap<G> map;
    private final LinearOperator adjoint;
    private final double damping;
    private final Cotangents cotangents;
    private final ForwardPass pass;
    private final GradientOutcome outcome;
    private final Rows all;
    /** Rows that have a gradient. */
    private final Rows used;
    private final double[] norms;
    private final PackedRows packed;

    /** @param space the layer's memory, which also closes what is taken when a row first fails */
    BackwardPass(Engine engine, LayerSpace space, int batch, EquilibriumMap<G> map, double damping, Cotangents cotangents,
            ForwardPass pass, GradientOutcome outcome) {
        this.engine = engine;
        this.map = map;
        this.damping = damping;
        this.cotangents = cotangents;
        this.pass = pass;
        this.outcome = outcome;
        adjoint = map.adjoint();
        all = new Rows(batch);
        used = new Rows(batch);
        norms = new double[batch];
        packed = new PackedRows(space);
    }

    /** Adds the gradients of the rows that have one. */
    void run(PlannedMode mode, Block gradient, G sum) {
        outcome.clear();
        if (mode.network() != null) {
            unroll(mode.network(), gradient, sum);
            return;
        }
        Block found = solve(mode.method(), gradient);
        if (used.count() == pass.z().rows()) {
            map.gradients(found, pass.z(), pass.x(), used, sum);
        } else if (used.count() > 0) {
            packed.pack(used, found, pass.z(), pass.x());
            map.gradients(packed.v(), packed.z(), packed.x(), used, sum);
        }
    }

    /** Compares the v of a mode with an exact one. */
    GradientReport report(PlannedMode mode, Block gradient) {
        outcome.clear();
        Block found = mode.network() != null ? unroll(mode.network(), gradient, null) : solve(mode.method(), gradient);
        if (!outcome.succeeded()) {
            throw new IllegalStateException("report: " + outcome + ", expected a gradient of every row");
        }
        all.reset(pass.z().rows());
        map.linearise(pass.z(), all);
        return GradientReport.of(engine, adjoint, gradient, found, all, outcome.evaluations());
    }

    /** Returns v of all rows, where rows that failed are damped or zero. Sets {@link #used}. */
    private Block solve(AdjointMethod method, Block gradient) {
        int rows = pass.z().rows();
        all.reset(rows);
        map.linearise(pass.z(), all);
        Block found = cotangents.first(rows);
        method.apply(adjoint, mask(gradient), found, outcome);
        engine.norm(found, norms);
        used.reset(0);
        for (int b = 0; b < rows; b++) {
            // The length of finite elements may overflow.
            boolean finite = norms[b] < Double.POSITIVE_INFINITY || Finite.row(found, b);
            if (!finite && outcome.backward(b).isSuccess()) {
                outcome.broken(b, !Finite.row(gradient, b) ? Status.NONFINITE_INPUT
                        : method instanceof AdjointMethod.Inverted ? Status.BREAKDOWN : Status.NONFINITE_OPERATOR);
            }
            boolean failed = !outcome.forward(b).isSuccess() || !outcome.backward(b).isSuccess();
            if (failed) {
                finite = damp(gradient, found, b);
            }
            settle(b, failed, finite);
        }
        return found;
    }

    /** The gradient with zeros in rows whose forward solve failed: a row of zeros takes no evaluation. */
    private Block mask(Block gradient) {
        Block g = gradient;
        for (int b = 0; b < pass.z().rows(); b++) {
            if (!outcome.forward(b).isSuccess()) {
                if (g == gradient) {
                    g = cotangents.second(pass.z().rows());
                    g.copyFrom(gradient);
                }
                zero(g, b);
            }
        }
        return g;
    }

    private static void zero(Block block, int b) {
        for (int i = 0; i < block.cols(); i++) {
            block.set(b, i, 0);
        }
    }

    /** Row b of v becomes the damped gradient. Returns whether it is finite, and its point z and x too. */
    private boolean damp(Block gradient, Block found, int b) {
        for (int i = 0; i < found.cols(); i++) {
            found.set(b, i, damping * gradient.get(b, i));
        }
        return Finite.row(found, b) && Finite.row(pass.z(), b) && Finite.row(pass.x(), b);
    }

    private void settle(int b, boolean failed, boolean finite) {
        boolean skipped = failed && (damping == 0 || !finite);
        outcome.use(b, skipped ? GradientOutcome.Use.SKIPPED : failed ? GradientOutcome.Use.DAMPED : GradientOutcome.Use.ADDED);
        if (!skipped) {
            used.append(b);
        }
    }

    /** Backpropagation of the rows whose steps stayed finite. Others are skipped: nothing was solved, so there is no damped gradient. */
    private Block unroll(UnrolledNetwork network, Block gradient, G sum) {
        int rows = pass.z().rows();
        outcome.complete();
        engine.norm(gradient, norms);
        used.reset(0);
        for (int b = 0; b < rows; b++) {
            boolean finite = norms[b] < Double.POSITIVE_INFINITY || Finite.row(gradient, b);
            if (!finite) {
                outcome.broken(b, Status.NONFINITE_INPUT);
            }
            settle(b, !finite || !outcome.forward(b).isSuccess(), false);
        }
        if (used.count() == rows) {
            return network.backward(map, gradient, pass.z(), pass.x(), used, sum, outcome);
        }
        if (used.count() == 0) {
            return null;
        }
        packed.pack(used, gradient, pass.z(), pass.x());
        return network.backward(map, packed.v(), packed.z(), packed.x(), used, sum, outcome);
    }
}
