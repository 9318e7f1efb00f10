package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.fixedpoint.Picard;
import java.util.Arrays;
import java.util.stream.IntStream;

/** The network of L plain steps, and backpropagation through it. Keeps every s-th state, and computes the states between them again. */
final class PlainNetwork implements UnrolledNetwork {
    private final Engine engine;
    private final int steps;
    private final int spacing;
    private final Picard picard;
    private final Block[] segment;
    private final Cotangents cotangents;
    private final boolean[] dropped;
    private Outcome states;

    PlainNetwork(Engine engine, LayerSpace space, int steps, int spacing, Cotangents cotangents) {
        this.engine = engine;
        this.steps = steps;
        this.spacing = spacing;
        this.cotangents = cotangents;
        int kept = (steps - 1) / spacing + 1;
        Integer[] at = IntStream.range(0, kept).mapToObj(i -> 1 + i * spacing).toArray(Integer[]::new);
        // The evaluation after the last step is for its residual.
        Stopping all = Stopping.fixed(steps + 1).recording(at);
        picard = space.memory().add(Picard.plan(space.forward(), Picard.Options.PLAIN, all), Picard::close, Picard::bytes);
        Workspace workspace = space.segment();
        segment = new Block[spacing];
        for (int i = 0; i < spacing; i++) {
            segment[i] = workspace.block();
        }
        dropped = new boolean[workspace.batch()];
    }

    @Override
    public Outcome forward(EquilibriumMap<?> map, Block z) {
        states = picard.solve(map, z);
        return states;
    }

    @Override
    public <G> Block backward(EquilibriumMap<G> map, Block g, Block z, Block x, Rows used, G sum, GradientOutcome outcome) {
        int active = used.count();
        Arrays.fill(dropped, false);
        // Cotangents of two consecutive states.
        Block v = cotangents.first(active);
        Block back = cotangents.second(active);
        Block all = cotangents.sum(active);
        v.copyFrom(g);
        all.copyFrom(g);
        int values = 0;
        int products = 0;
        for (int first = (steps - 1) / spacing * spacing; first >= 0; first -= spacing) {
            int length = Math.min(spacing, steps - first);
            values += replay(map, first, length, used);
            for (int i = length - 1; i >= 0; i--) {
                Block state = segment[i].head(active);
                map.linearise(state, used);
                if (sum != null) {
                    map.gradients(v, state, x, used, sum);
                }
                if (first + i > 0) {
                    map.vjp(v, back, used);
                    products++;
                    Block swap = v;
                    v = back;
                    back = swap;
                    if (cotangents.drop(v, used, dropped, outcome)) {
                        Cotangents.clear(v, dropped);
                    }
                    engine.axpy(1, v, all);
                }
            }
        }
        outcome.spent(products, values);
        return all;
    }

    /** Computes the states of a segment from the state that was kept. Returns the number of evaluations. */
    private int replay(EquilibriumMap<?> map, int first, int length, Rows used) {
        int active = used.count();
        Block kept = states.state(first / spacing);
        for (int p = 0; p < active; p++) {
            segment[0].copyRow(kept, used.index(p), p);
        }
        for (int i = 1; i < length; i++) {
            map.apply(segment[i - 1].head(active), segment[i].head(active), used);
        }
        return length - 1;
    }
}
