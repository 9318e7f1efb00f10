package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.linear.Gmres;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Layers whose passes share memory, and layers that fit a number of blocks. */
class LayerMethodsTest {
    private static final int N = 11;
    private static final int INPUTS = 3;
    private static final int BATCH = 5;
    private static final Stopping STOPPING = Stopping.relative(1e-5);
    private static final long BLOCK = Block.bytes(Type.F32, BATCH, N);

    private static final GradientMode REFINED = new GradientMode.Refined(4, 5, Stopping.relative(1e-4));
    private static final GradientMode OPAQUE = new GradientMode.Exact((e, t, b, n) -> Gmres.plan(e, t, b, n, 6, Stopping.relative(1e-4)));
    private static final GradientMode BICGSTAB = new GradientMode.Exact(LinearMethod.biCgStab(Stopping.relative(1e-4)));

    /** One of every kind. */
    private static final List<GradientMode> MODES = List.of(GradientMode.DEFAULT, OPAQUE, BICGSTAB, new GradientMode.BroydenInverse(),
            REFINED, new GradientMode.JacobianFree(), new GradientMode.NeumannSeries(4), new GradientMode.Phantom(3, 0.5),
            new GradientMode.Unrolled(6), new GradientMode.Checkpointed(7), new GradientMode.Reversible(3, 0.5),
            new GradientMode.JacobianFree().then(2, new GradientMode.Checkpointed(7)).then(4, GradientMode.DEFAULT).then(6, REFINED)
                    .then(8, new GradientMode.Reversible(3, 0.5)));

    private Engine engine;
    private DenseCell cell;
    private Block x;
    private Block z;
    private Block g;
    private DenseCell.Gradients sum;

    @BeforeEach
    void plan() {
        engine = Engines.best(1);
        cell = Problems.cell(engine, Activation.TANH, Type.F32, N, BATCH, 0.9, 1);
        x = Problems.random(Type.F32, BATCH, INPUTS, 1, 4);
        g = Problems.random(Type.F32, BATCH, N, 1, 5);
        z = engine.allocate(Type.F32, BATCH, N);
        sum = new DenseCell.Gradients(engine.allocate(Type.F32, N, N), engine.allocate(Type.F32, N, INPUTS),
                    engine.allocate(Type.F32, 1, N),
                engine.allocate(Type.F32, BATCH, INPUTS));
        // The cell copies W and U once it is asked for their transposes.
        try (var layer = EquilibriumLayer.plan(cell, STOPPING)) {
            layer.forward(x, z);
            layer.backward(g, sum);
        }
    }

    @AfterEach
    void close() {
        Stream.of(sum.w(), sum.u(), sum.b(), sum.x(), z, g, x).forEach(Block::close);
        cell.close();
        engine.close();
    }

    private static Function<Workspace, FixedPointSolver> forward(GradientMode mode) {
        return mode.modes().contains(new GradientMode.BroydenInverse())
                ? workspace -> Broyden.plan(workspace, Broyden.Options.DEFAULT, STOPPING)
                : workspace -> Anderson.plan(workspace, Anderson.Options.DEFAULT, STOPPING);
    }

    /** The state, the gradients of two backward passes, and the report, of every mode of a schedule. */
    private List<double[]> everything(EquilibriumLayer<DenseCell.Gradients> layer, boolean report) {
        List<double[]> found = new ArrayList<>();
        for (int step = 0; step < 10; step += 2) {
            layer.step(step);
            z.fill(0);
            Stream.of(sum.w(), sum.u(), sum.b(), sum.x()).forEach(block -> block.fill(0));
            layer.infer(x, z);
            found.add(z.toDoubles());
            z.fill(0);
            layer.forward(x, z);
            found.add(z.toDoubles());
            layer.backward(g, sum);
            if (report) {
                GradientReport compared = layer.report(g);
                found.add(new double[] {compared.worstError(), compared.evaluations()});
            }
            layer.backward(g, sum);
            Stream.of(sum.w(), sum.u(), sum.b(), sum.x()).map(Block::toDoubles).forEach(found::add);
        }
        return found;
    }

    @Test
    void sharedMemoryChangesNoBit() {
        for (boolean failing : new boolean[] {false, true}) {
            if (failing) {
                x.set(1, 0, Double.NaN);
                g.set(3, 0, Double.NaN);
            }
            for (GradientMode mode : MODES) {
                try (FixedPointSolver solver = forward(mode).apply(new Workspace(engine, Type.F32, BATCH, N));
                        var alone = EquilibriumLayer.plan(cell, solver, mode);
                        var shared = EquilibriumLayer.plan(cell, LayerMethods.of(forward(mode), mode))) {
                    List<double[]> expected = everything(alone, !failing);
                    List<double[]> found = everything(shared, !failing);
                    for (int i = 0; i < expected.size(); i++) {
                        assertThat(found.get(i)).as("%s, %d", mode, i).isEqualTo(expected.get(i));
                    }
                }
            }
        }
    }

    @Test
    void bytesAreWhatIsAllocatedAndPassesAllocateNothing() {
        for (GradientMode mode : MODES) {
            long before = Block.liveBytes();
            try (var layer = EquilibriumLayer.plan(cell, LayerMethods.of(forward(mode), mode))) {
                LayerMemory memory = layer.memory();
                assertThat(layer.bytes()).as("%s", mode).isEqualTo(Block.liveBytes() - before).isEqualTo(memory.bytes())
                        .isEqualTo(memory.shared() + memory.separate());
                assertThat(memory.shared()).as("%s", mode).isGreaterThanOrEqualTo(Math.max(memory.forward(), memory.backward()));
                assertThat(memory.block()).isEqualTo(BLOCK);
                assertThat(memory.map()).isEqualTo(cell.bytes());
                long bytes = Problems.allocated(() -> {
                    for (int step = 0; step < 10; step += 2) {
                        layer.step(step);
                        z.fill(0);
                        layer.forward(x, z);
                        layer.backward(g, sum);
                    }
                });
                assertThat(bytes).as("%s", mode).isZero();
                assertThat(layer.bytes()).as("%s", mode).isEqualTo(memory.bytes());
            }
            assertThat(Block.liveBytes()).as("%s", mode).isEqualTo(before);
        }
    }

    @Test
    void partsAreThoseOfTheTable() {
        parts(GradientMode.DEFAULT, 25, 27, 27, 0);
        parts(BICGSTAB, 25, 12, 25, 0);
        parts(OPAQUE, 25, 2, 25, 11);
        parts(new GradientMode.JacobianFree(), 25, 4, 25, 0);
        parts(REFINED, 25, 13, 25 * BLOCK, 10 * BLOCK + vectors(5, BATCH));
        parts(new GradientMode.Unrolled(6), 25, 4, 25, 6);
        parts(new GradientMode.Checkpointed(7), 25, 6, 25, 3);
        parts(new GradientMode.Reversible(3, 0.5), 25, 6, 25, 1);
        try (var layer = EquilibriumLayer.plan(cell, STOPPING)) {
            assertThat(layer.memory()).hasToString("27 blocks of " + BLOCK + " bytes: 25 forward and 27 backward share 27, 0 are separate; "
                    + "the map holds " + cell.bytes() + " bytes");
        }
        try (FixedPointSolver solver = FixedPointSolver.plan(cell, STOPPING);
                var layer = EquilibriumLayer.plan(cell, solver, GradientMode.DEFAULT)) {
            assertThat(layer.memory().forward()).as("the caller's solver has its own memory").isZero();
            assertThat(layer.solver()).isSameAs(solver);
        }
    }

    /** What {@code steps} steps of GMRES and IDR take in addition to blocks: s vectors and, for each row, s numbers. */
    private static long vectors(int steps, int batch) {
        int s = (steps - 1) / 2;
        return steps >= N || s == 0 ? 0 : Block.bytes(Type.F32, s, N) + Block.bytes(Type.F32, batch, s);
    }

    private void parts(GradientMode mode, int forward, int backward, int shared, int separate) {
        parts(mode, forward, backward, shared * BLOCK, separate * BLOCK);
    }

    private void parts(GradientMode mode, int forward, int backward, long shared, long separate) {
        try (var layer = EquilibriumLayer.plan(cell, LayerMethods.of(forward(mode), mode))) {
            assertThat(layer.memory()).as("%s", mode).isEqualTo(
                    new LayerMemory(forward * BLOCK, backward * BLOCK, shared, separate, cell.bytes(), BLOCK));
        }
    }

    private static final List<Stopping> STOPPINGS =
            List.of(STOPPING, STOPPING.orStep(1e-6), STOPPING.withDistance(), STOPPING.recording(1, 3),
                        STOPPING.orStep(1e-6).withDistance());

    /** From the least number on every number of blocks is kept, even for a batch of one row, and when a row fails. */
    @Test
    void budgetsAreKept() {
        for (GradientMode mode : MODES) {
            for (Stopping stopping : STOPPINGS) {
                for (int batch : new int[] {1, BATCH}) {
                    if (!mode.equals(OPAQUE)) {
                        budgetIsKept(mode, stopping, batch);
                    }
                }
            }
        }
    }

    private void budgetIsKept(GradientMode mode, Stopping stopping, int batch) {
        long block = Block.bytes(Type.F32, batch, N);
        int least = least(mode, stopping);
        for (int blocks : new int[] {least, least + 1, least + 4, least + 11, least + 150}) {
            LayerMethods methods = LayerMethods.within(blocks, stopping, mode);
            try (var layer = EquilibriumLayer.plan(engine, Type.F32, batch, N, cell, methods, 0.5)) {
                for (int step = 0; step < 10; step += 2) {
                    layer.step(step);
                    z.head(batch).fill(0);
                    z.set(0, 0, Double.NaN);
                    layer.forward(x.head(batch), z.head(batch));
                    layer.backward(g.head(batch), sum);
                }
                long copyOfX = layer.memory().separate() > 0 && batch > 1 ? Block.bytes(Type.F32, batch, INPUTS) : 0;
                long idr = methods.mode().modes().stream().mapToLong(m -> switch (m) {
                    case GradientMode.Exact(LinearMethod.GmresThenIdr(int steps, Stopping _)) -> vectors(steps, batch);
                    case GradientMode.Refined refined -> vectors(refined.restart(), batch);
                    default -> 0;
                }).sum();
                assertThat(layer.bytes() - copyOfX - idr).as("%s in %d blocks for %d: %s, %s", mode, blocks, batch, methods, layer.memory())
                        .isLessThanOrEqualTo(blocks * block);
            }
        }
    }

    private static int least(GradientMode mode, Stopping stopping) {
        int blocks = 1;
        while (true) {
            try {
                LayerMethods.within(blocks, stopping, mode);
                return blocks;
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageStartingWith("memory: the number of blocks is " + blocks + ", expected at least ")
                        .hasMessageEndingWith(" for the gradient mode " + mode);
                String number = e.getMessage().replaceFirst(".* at least (\\d+) for the gradient mode .*", "$1");
                int said = Integer.parseInt(number);
                assertThat(said).isGreaterThan(blocks);
                blocks = blocks == 1 ? said - 1 : blocks + 1;
                assertThat(blocks).isLessThanOrEqualTo(said);
            }
        }
    }

    @Test
    void theChoiceIsSaidInWords() {
        says(8, GradientMode.DEFAULT, "plain steps of adaptive length forward, GMRES with cycles of 1 step backward, within 8 blocks");
        says(10, GradientMode.DEFAULT, "plain steps of adaptive length forward, 3 steps of GMRES, then IDR, backward, within 10 blocks");
        says(11, GradientMode.DEFAULT,
                "Anderson acceleration with a window of 3 forward, 4 steps of GMRES, then IDR, backward, within 11 blocks");
        says(15, GradientMode.DEFAULT,
                "Anderson acceleration with a window of 5 forward, 8 steps of GMRES, then IDR, backward, within 15 blocks");
        says(27, GradientMode.DEFAULT,
                "Anderson acceleration with a window of 10 forward, 20 steps of GMRES, then IDR, backward, within 27 blocks");
        says(500, GradientMode.exact(1e-9),
                "Anderson acceleration with a window of 10 forward, 100 steps of GMRES, then IDR, backward, within 500 blocks");
        says(12, BICGSTAB, "Anderson acceleration with a window of 3 forward, BiCGStab backward, within 12 blocks");
        says(4, new GradientMode.JacobianFree(), "plain steps of adaptive length forward, JacobianFree backward, within 4 blocks");
        says(20, new GradientMode.BroydenInverse(), "Broyden's method with 15 steps forward, BroydenInverse backward, within 20 blocks");
        says(21, new GradientMode.Phantom(5, 0.5).then(9, GradientMode.DEFAULT), "Anderson acceleration with a window of 8 forward, "
                + "Phantom[steps=5, damping=0.5] then 14 steps of GMRES, then IDR, backward, within 21 blocks");
        assertThatThrownBy(() -> LayerMethods.within(7, STOPPING, GradientMode.DEFAULT))
                .hasMessageStartingWith("memory: the number of blocks is 7, expected at least 8 for the gradient mode Exact[");
        assertThatThrownBy(() -> LayerMethods.within(40, STOPPING, OPAQUE)).hasMessage(
                "memory: the linear solver of the gradient mode does "
                + "not say how many blocks it takes, expected LinearMethod.gmres, LinearMethod.biCgStab, or a method with blocks()");
        assertThatThrownBy(() -> LayerMethods.within(40, null, OPAQUE)).isInstanceOf(NullPointerException.class)
                .hasMessage("memory: the stopping rule is null");
        assertThatThrownBy(() -> LayerMethods.within(40, STOPPING, null)).hasMessage("memory: the gradient mode is null");
        assertThatThrownBy(() -> LayerMethods.of(null, OPAQUE)).hasMessage("layer: the forward method is null");
        assertThatThrownBy(() -> EquilibriumLayer.plan(cell, LayerMethods.of(workspace -> null, OPAQUE)))
                .hasMessage("layer: the forward solver is null");
        assertThatThrownBy(() -> EquilibriumLayer.plan(cell, LayerMethods.of(forward(OPAQUE), new GradientMode.BroydenInverse())))
                .hasMessage("layer: the forward solver is Anderson, expected Broyden for the gradient mode BroydenInverse");
    }

    private static void says(int blocks, GradientMode mode, String sentence) {
        assertThat(LayerMethods.within(blocks, STOPPING, mode)).hasToString(sentence);
    }

    /** Exactly 27 blocks are the default. */
    @Test
    void theDefaultFitsItsOwnSize() {
        try (var layer = EquilibriumLayer.plan(cell, STOPPING);
                var limited = EquilibriumLayer.plan(cell, LayerMethods.within(27, STOPPING, GradientMode.DEFAULT))) {
            assertThat(limited.memory()).isEqualTo(layer.memory());
            List<double[]> expected = everything(layer, true);
            List<double[]> found = everything(limited, true);
            assertThat(found.stream().flatMapToDouble(Arrays::stream)).containsExactly(expected.stream().flatMapToDouble(Arrays::stream)
                    .boxed().toArray(Double[]::new));
        }
    }

    @Test
    void smallLayersSolveToo() {
        for (int blocks = 8; blocks <= 30; blocks++) {
            try (var layer = EquilibriumLayer.plan(cell, LayerMethods.within(blocks, STOPPING, GradientMode.DEFAULT))) {
                z.fill(0);
                Outcome solved = layer.forward(x, z);
                assertThat(solved.succeeded()).as("%d blocks", blocks).isTrue();
                assertThat(layer.backward(g, sum).succeeded()).as("%d blocks", blocks).isTrue();
                assertThat(layer.report(g).worstResidual()).as("%d blocks", blocks).isLessThan(1.1e-3);
            }
        }
    }
}
