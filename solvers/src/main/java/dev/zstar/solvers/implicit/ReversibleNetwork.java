package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import java.util.Arrays;

/**
 * The network of {@link ReversibleSteps}, and backpropagation through it without its states. The half-steps run in reverse,
 *
 * <pre>{@code
 * s_{k-1} = (s_{k+1} - β f(s_k)) / (1 - β),
 * a_k += β J(s_k)ᵀ a_{k+1},   a_{k-1} = (1 - β) a_{k+1},
 * }</pre>
 *
 * with the cotangents a, from {@code a_{2N} = g} and {@code a_{2N-1} = 0}. A half-step adds the gradients {@code β a_{k+1}ᵀ ∂f/∂θ} at s_k.
 * Two states and two cotangents are all that it needs.
 */
final class ReversibleNetwork implements UnrolledNetwork {
    private final Engine engine;
    private final int halfSteps;
    private final double β;
    private final FixedPointSolver solver;
    /** Set when the solver is planned. */
    private ReversibleSteps method;
    private final Block newer;
    private final Block older;
    private final Block product;
    private final Cotangents cotangents;
    private final boolean[] dropped;
    private final double[] change;
    private final double[] size;
    private final double[] weight;
    private final double[] whole;

    ReversibleNetwork(Engine engine, LayerSpace space, GradientMode.Reversible mode, Cotangents cotangents) {
        this.engine = engine;
        this.cotangents = cotangents;
        halfSteps = 2 * mode.steps();
        β = mode.beta();
        // The evaluation after the last half-step is for its residual.
        solver = space.memory().add(FixedPointSolver.of(space.forward(), Stopping.fixed(halfSteps + 1), null, own -> {
            method = new ReversibleSteps(own, β);
            return method;
        }), FixedPointSolver::close, FixedPointSolver::bytes);
        Workspace workspace = space.segment();
        newer = workspace.block();
        older = workspace.block();
        product = workspace.block();
        int batch = workspace.batch();
        dropped = new boolean[batch];
        change = new double[batch];
        size = new double[batch];
        weight = new double[batch];
        whole = new double[batch];
    }

    @Override
    public Outcome forward(EquilibriumMap<?> map, Block z) {
        return solver.solve(map, z);
    }

    @Override
    public <G> Block backward(EquilibriumMap<G> map, Block g, Block z, Block x, Rows used, G sum, GradientOutcome outcome) {
        int active = used.count();
        Arrays.fill(dropped, false);
        Block next = newer.head(active);
        Block at = older.head(active);
        Block a = cotangents.first(active);
        Block back = cotangents.second(active);
        Block v = cotangents.sum(active);
        Block scratch = product.head(active);
        next.copyFrom(z);
        for (int p = 0; p < active; p++) {
            method.copyPrevious(used.index(p), at, p);
        }
        a.copyFrom(g);
        back.fill(0);
        v.fill(0);
        boolean complete = true;
        for (int k = halfSteps - 1; k >= 0; k--) {
            // Here next is s_{k+1}, at is s_k, a is a_{k+1} and back is a_k so far.
            map.apply(at, scratch, used);
            // The difference first: it is (1 - β) s_{k-1}, so its own rounding is small.
            engine.axpy(-β, scratch, next);
            engine.scale(1 / (1 - β), next);
            complete &= !cotangents.drop(next, used, dropped, outcome);
            if (!complete) {
                replace(next, at, z, a, back);
            }
            map.linearise(at, used);
            engine.axpby(β, a, 0, scratch);
            engine.axpy(1, scratch, v);
            if (sum != null) {
                map.gradients(scratch, at, x, used, sum);
            }
            if (k == 0) {
                break;
            }
            map.vjp(a, scratch, used);
            engine.axpy(β, scratch, back);
            engine.scale(1 - β, a);
            if (cotangents.drop(back, used, dropped, outcome)) {
                complete = false;
                Cotangents.clear(back, dropped);
            }
            Block swap = next;
            next = at;
            at = swap;
            swap = a;
            a = back;
            back = swap;
        }
        outcome.spent(halfSteps - 1, halfSteps);
        judge(next, at, z, a, g, used, outcome);
        return v;
    }

    /** Rows that were dropped go on with zero cotangents at a state where f is known to be finite. */
    private void replace(Block next, Block at, Block z, Block a, Block back) {
        for (int p = 0; p < z.rows(); p++) {
            if (dropped[p]) {
                next.copyRow(z, p, p);
                at.copyRow(z, p, p);
            }
        }
        Cotangents.clear(a, dropped);
        Cotangents.clear(back, dropped);
    }

    /**
     * In exact arithmetic {@code s_{-1} = s_0}. Their distance is the error of the reversal, which is largest at the start. The gradient of
     * the first half-step has the same relative error, and the weight {@code ‖a_1‖ / ‖g‖}.
     */
    private void judge(Block first, Block start, Block z, Block a, Block g, Rows used, GradientOutcome outcome) {
        engine.axpy(-1, start, first);
        engine.norm(first, change);
        engine.norm(z, size);
        engine.norm(a, weight);
        engine.norm(g, whole);
        for (int p = 0; p < used.count(); p++) {
            if (!dropped[p]) {
                outcome.residual(used.index(p), change[p] == 0 || weight[p] == 0 ? 0 : change[p] / size[p] * (weight[p] / whole[p]));
            }
        }
    }
}
