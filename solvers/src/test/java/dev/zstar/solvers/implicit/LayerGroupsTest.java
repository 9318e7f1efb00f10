package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.ThreadedEngine;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.cells.Heads;
import dev.zstar.solvers.cells.Keep;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A layer whose passes run in groups of rows gives the same equilibria, outcomes and gradients as one without, bit for bit. */
class LayerGroupsTest {
    private static final int BATCH = 37;
    /** Bytes of a cache that makes groups as small as they get. */
    private static final long SMALL = 4_000;

    private static List<Cell> cells(Type type) {
        return List.of(
                Cell.of(type, Shape.vector(13), Shape.vector(5), (net, z, x) ->
                        net.product(net.spectralNorm("w", 13, 13, 0.8), z).plus(net.linear("u", x, 13)).tanh()),
                // Products with the Jacobian read the masks.
                Cell.of(type, Shape.tokens(3, 6), (net, z, x) -> {
                    var h = net.dropout(net.product(net.spectralNorm("up", 9, 6, 0.9), z).tanh(), 0.25);
                    return net.dropout(net.product(net.spectralNorm("down", 6, 9, 0.5), h), 0.125).plus(x);
                }),
                Cell.of(type, Shape.tokens(4, 8), (net, z, x) ->
                        net.layerNorm("norm", z.scale(0.1).plus(net.attention("self", z, Heads.heads(2)).scale(0.2)).plus(x))),
                Cell.of(type, Shape.image(4, 6, 3), Shape.image(4, 6, 2), (net, z, x) ->
                        net.convolve("z", z, 3, 3, 1).scale(0.3).plus(net.convolve("x", x, 3, 1, 1)).tanh()));
    }

    private static List<GradientMode> modes(Stopping until) {
        return List.of(new GradientMode.Exact(LinearMethod.gmres(20, until)), new GradientMode.Exact(LinearMethod.gmres(3, until)),
                new GradientMode.Exact(LinearMethod.biCgStab(until)), new GradientMode.Refined(6, 7, until),
                new GradientMode.NeumannSeries(5), new GradientMode.Phantom(4, 0.6));
    }

    /** Everything that two passes compute. */
    private static List<Object> passes(Engine engine, Cell cell, Keep keep, GradientMode mode, Stopping until) {
        List<Object> found = new ArrayList<>();
        try (Parameters parameters = cell.parameters(5); Parameters sums = parameters.zerosLike();
                CellMap map = cell.plan(engine, BATCH, parameters, keep);
                EquilibriumLayer<CellGradients> layer = EquilibriumLayer.plan(map, LayerMethods.of(
                        workspace -> Anderson.plan(workspace, Anderson.Options.DEFAULT, until), mode));
                Block x = Problems.random(cell.type(), BATCH, cell.inputs(), 0.5, 3);
                Block z = Block.allocate(cell.type(), BATCH, cell.n());
                Block g = Problems.random(cell.type(), BATCH, cell.n(), 1, 4);
                Block dx = Block.allocate(cell.type(), BATCH, cell.inputs())) {
            // A row without a gradient, and a second pass with fewer rows.
            x.set(5, 1, Double.NaN);
            for (int rows : new int[] {BATCH, 20}) {
                map.dropout(rows);
                dx.fill(0);
                sums.blocks().forEach(block -> block.fill(0));
                z.fill(0);
                Outcome forward = layer.forward(x.head(rows), z.head(rows));
                for (int b = 0; b < rows; b++) {
                    found.addAll(List.of(forward.status(b), forward.residual(b), forward.evaluations(b)));
                }
                GradientOutcome backward = layer.backward(g.head(rows), new CellGradients(sums, dx));
                for (int b = 0; b < rows; b++) {
                    found.addAll(List.of(backward.use(b), backward.backward(b)));
                }
                found.add(toList(z));
                found.add(toList(dx));
                sums.blocks().forEach(block -> found.add(toList(block)));
            }
        }
        return found;
    }

    private static List<Double> toList(Block block) {
        return Arrays.stream(block.toDoubles()).boxed().toList();
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void bothPassesHaveTheirBitsInGroups(Type type) {
        Stopping until = Stopping.relative(type == Type.F32 ? 1e-5 : 1e-10).within(200);
        for (EngineProvider provider : Problems.engines()) {
            try (Engine host = provider.create(1)) {
                for (Cell cell : cells(type)) {
                    for (GradientMode mode : modes(until)) {
                        // So much cache that all rows are one group.
                        List<Object> expected = passes(ThreadedEngine.of(host, 1, 1L << 40), cell, Keep.EVERYTHING, mode, until);
                        for (int threads = 1; threads <= 3; threads++) {
                            for (Keep keep : Keep.values()) {
                                assertThat(passes(ThreadedEngine.of(host, threads, SMALL), cell, keep, mode, until))
                                        .as("%s, %s, %d threads, %s", cell, mode, threads, keep).isEqualTo(expected);
                            }
                        }
                    }
                }
            }
        }
    }

    @Test
    void passesInGroupsAllocateNothingOnceWarm() {
        Stopping until = Stopping.relative(1e-5);
        Cell cell = cells(Type.F32).getFirst();
        try (Engine engine = Engines.best(2);
                Parameters parameters = cell.parameters(5); Parameters sums = parameters.zerosLike();
                CellMap map = cell.plan(engine, BATCH, parameters);
                EquilibriumLayer<CellGradients> layer = EquilibriumLayer.plan(map, until);
                Block x = Problems.random(Type.F32, BATCH, cell.inputs(), 0.5, 3);
                Block z = Block.allocate(Type.F32, BATCH, cell.n());
                Block g = Problems.random(Type.F32, BATCH, cell.n(), 1, 4)) {
            CellGradients sum = new CellGradients(sums, null);
            assertThat(Problems.allocated(() -> {
                layer.forward(x, z);
                layer.backward(g, sum);
            })).isZero();
        }
    }
}
