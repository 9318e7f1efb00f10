package dev.zstar;

import static dev.zstar.solvers.Problems.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.cells.DenseParameters;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A layer in arrays, held to the formula and to central differences. */
class EquilibriumTest {
    private static final int N = 7;
    private static final int INPUTS = 3;

    private static DenseParameters cell() {
        return DenseCell.tanh(random(N, N, 0.25, 1), random(N, INPUTS, 1, 2), random(1, N, 1, 3)[0]);
    }

    /** {@code Σ weights · z(x)} in f64, by plain steps. */
    private static double loss(DenseParameters p, float[][] x, float[][] weights) {
        double sum = 0;
        for (int row = 0; row < x.length; row++) {
            double[] z = new double[N];
            for (int k = 0; k < 500; k++) {
                double[] next = new double[N];
                for (int i = 0; i < N; i++) {
                    double s = p.b()[i];
                    for (int j = 0; j < N; j++) {
                        s += p.w()[i][j] * z[j];
                    }
                    for (int j = 0; j < INPUTS; j++) {
                        s += p.u()[i][j] * x[row][j];
                    }
                    next[i] = Math.tanh(s);
                }
                z = next;
            }
            for (int i = 0; i < N; i++) {
                sum += weights[row][i] * z[i];
            }
        }
        return sum;
    }

    private static double difference(float[] place, int at, java.util.function.DoubleSupplier loss) {
        float value = place[at];
        float step = 0x1p-8f;
        place[at] = value + step;
        double above = loss.getAsDouble();
        place[at] = value - step;
        double below = loss.getAsDouble();
        place[at] = value;
        return (above - below) / (2 * step);
    }

    @Test
    void gradientsEqualCentralDifferences() {
        DenseParameters p = cell();
        float[][] x = random(4, INPUTS, 1, 4);
        float[][] dz = random(4, N, 1, 5);
        long before = Block.liveBytes();
        try (var layer = Equilibrium.of(p).tolerance(1e-6).gradients(GradientMode.exact(1e-6)).build()) {
            layer.forward(x);
            float[][] dx = layer.backward(dz);
            java.util.function.DoubleSupplier loss = () -> loss(p, x, dz);
            for (int row = 0; row < x.length; row++) {
                for (int j = 0; j < INPUTS; j++) {
                    assertThat((double) dx[row][j]).isCloseTo(difference(x[row], j, loss), within(2e-3));
                }
            }
            for (int i = 0; i < N; i++) {
                assertThat((double) layer.gradients().w()[i][(i + 2) % N]).isCloseTo(difference(p.w()[i], (i + 2) % N, loss), within(5e-3));
                assertThat((double) layer.gradients().u()[i][i % INPUTS]).isCloseTo(difference(p.u()[i], i % INPUTS, loss), within(5e-3));
                assertThat((double) layer.gradients().b()[i]).isCloseTo(difference(p.b(), i, loss), within(5e-3));
            }
            // They add up until they are cleared.
            float once = layer.gradients().b()[0];
            layer.backward(dz);
            assertThat(layer.gradients().b()[0]).isCloseTo(2 * once, within(1e-5f));
            layer.clearGradients();
            assertThat(layer.gradients().b()[0]).isZero();
        }
        assertThat(Block.liveBytes()).isEqualTo(before);
    }

    @Test
    void batchesOfAnySizeHaveTheBitsOfOne() {
        DenseParameters p = cell();
        float[][] x = random(9, INPUTS, 1, 6);
        try (var layer = Equilibrium.of(p).build(); var alone = Equilibrium.of(p).build()) {
            for (int rows : new int[] {2, 9, 1, 5}) {
                float[][] some = java.util.Arrays.copyOf(x, rows);
                float[][] z = layer.forward(some);
                assertThat(layer.rows()).hasSize(rows).allSatisfy(row -> assertThat(row.residual()).isLessThanOrEqualTo(1e-5));
                for (int row = 0; row < rows; row++) {
                    assertThat(z[row]).containsExactly(alone.forward(new float[][] {x[row]})[0]);
                }
            }
        }
    }

    @Test
    void threadsOfAPoolGiveTheSameBits() {
        DenseParameters p = DenseCell.tanh(random(256, 256, 0.05, 1), random(256, 8, 1, 2), random(1, 256, 1, 3)[0]);
        float[][] x = random(64, 8, 1, 4);
        AtomicInteger asked = new AtomicInteger();
        try (ExecutorService pool = Executors.newFixedThreadPool(2);
                var own = Equilibrium.of(p).build();
                var lent = Equilibrium.of(p).threads(3, task -> {
                    asked.incrementAndGet();
                    pool.execute(task);
                }).build()) {
            assertThat(lent.forward(x)).isEqualTo(own.forward(x));
            try (Engine engine = Engines.best(3, pool)) {
                assertThat(asked.get() > 0).isEqualTo(engine.threads() > 1);
            }
        }
        assertThatThrownBy(() -> Equilibrium.of(p).threads(2, null)).hasMessage("equilibrium: the pool is null");
    }

    @Test
    void newParametersAreTaken() {
        DenseParameters p = cell();
        float[][] x = random(2, INPUTS, 1, 7);
        try (var layer = Equilibrium.of(p).build()) {
            float[][] z = layer.forward(x);
            p.b()[0] += 1;
            layer.update(p);
            assertThatThrownBy(() -> layer.backward(z)).isInstanceOf(IllegalStateException.class)
                    .hasMessage("backward: there was no forward pass since the layer was built or last updated, expected forward(x) first");
            float[][] moved = layer.forward(x);
            assertThat(moved[0][0]).isGreaterThan(z[0][0]);
            try (var fresh = Equilibrium.of(p).build()) {
                assertThat(fresh.forward(x)[1]).containsExactly(moved[1]);
            }
        }
    }

    @Test
    void aRowThatIsNotSolvedThrowsOrIsReturned() {
        DenseParameters grows = DenseCell.relu(new float[][] {{2}}, new float[][] {{1}}, new float[] {1});
        float[][] x = {{1}, {-1}};
        try (var strict = Equilibrium.of(grows).stopping(Stopping.relative(1e-6).within(20)).build();
                var lenient = Equilibrium.of(grows).stopping(Stopping.relative(1e-6).within(20)).lenient().build()) {
            assertThatThrownBy(() -> strict.forward(x)).isInstanceOfSatisfying(NotSolved.class, e -> {
                assertThat(e.rows()).containsExactly(0);
                assertThat(e).hasMessageStartingWith("1 of 2 rows was not solved to a relative tolerance of 1.0E-6. "
                        + "Row 0 of 2 ended with ");
                assertThat(e).hasMessageEndingWith(" To try another method, call .method(ForwardMethod.BROYDEN) "
                        + "or .method(ForwardMethod.NEWTON_KRYLOV). To get all rows instead of this "
                        + "exception, build the layer with .lenient().");
            });
            lenient.forward(x);
            assertThat(lenient.rows().get(0).status().isSuccess()).isFalse();
            assertThat(lenient.rows().get(1).status().isSuccess()).isTrue();
            assertThat(lenient.backward(new float[][] {{1}, {1}})[0]).containsExactly(0);
        }
    }

    @Test
    void anObserverEndsRowsOrCancels() {
        DenseParameters p = cell();
        float[][] x = random(3, INPUTS, 1, 4);
        try (var whole = Equilibrium.of(p).build();
                var early = Equilibrium.of(p).observer((progress, z, rows, exits) -> {
                    for (int i = 0; i < rows.count(); i++) {
                        if (rows.index(i) == 1 && progress.evaluations(1) == 2) {
                            exits.stop(i);
                        }
                    }
                }).build();
                var cancelled = Equilibrium.of(p).observer((progress, z, rows) -> progress.evaluations() < 3).build()) {
            float[][] expected = whole.forward(x);
            float[][] z = early.forward(x);
            assertThat(early.rows().get(1).status()).isEqualTo(Status.STOPPED_BY_OBSERVER);
            assertThat(early.rows().get(1).evaluations()).isEqualTo(2);
            assertThat(z[1]).isNotEqualTo(expected[1]);
            assertThat(z[0]).isEqualTo(expected[0]);
            assertThat(z[2]).isEqualTo(expected[2]);
            early.backward(new float[3][N]);
            assertThat(early.gradientRows().get(1).use()).isEqualTo(GradientOutcome.Use.ADDED);
            assertThatThrownBy(() -> cancelled.forward(x)).isInstanceOf(NotSolved.class)
                    .hasMessageStartingWith("3 of 3 rows were not solved to a relative tolerance of 1.0E-5. ")
                    .hasMessageContaining("CANCELLED");
        }
        GradientMode schedule = new GradientMode.JacobianFree().then(5, new GradientMode.Unrolled(2));
        assertThatThrownBy(() -> Equilibrium.of(p).gradients(schedule).observer((progress, z, rows) -> true).build())
                .hasMessage("equilibrium: the gradient mode Unrolled[steps=2] takes a fixed number of steps, expected no observer, or a "
                        + "mode that solves for the equilibrium");
        assertThatThrownBy(() -> Equilibrium.of(p).observer(null)).isInstanceOf(NullPointerException.class)
                .hasMessage("equilibrium: the observer is null");
    }

    @Test
    void wrongUseIsOneSentence() {
        DenseParameters p = cell();
        assertThatThrownBy(() -> DenseCell.tanh(new float[2][3], new float[2][1], new float[2]))
                .hasMessage("dense cell: row 0 of W has length 3, expected 2");
        assertThatThrownBy(() -> DenseCell.tanh(new float[2][2], new float[1][1], new float[2]))
                .hasMessage("dense cell: the number of rows of U is 1, expected 2");
        assertThatThrownBy(() -> DenseCell.tanh(new float[2][2], new float[2][1], new float[3]))
                .hasMessage("dense cell: b has length 3, expected 2, the number of rows of W");
        Equilibrium<DenseParameters> layer = Equilibrium.of(p).build();
        try (layer) {
            assertThatThrownBy(() -> layer.forward(new float[2][INPUTS + 1]))
                    .hasMessage("forward: row 0 of x has length 4, expected 3");
            assertThatThrownBy(() -> layer.forward(new float[0][]))
                    .hasMessage("forward: the number of rows of x is 0, expected at least 1");
            assertThatThrownBy(() -> layer.backward(new float[1][N])).isInstanceOf(IllegalStateException.class);
            layer.forward(new float[2][INPUTS]);
            assertThatThrownBy(() -> layer.backward(new float[1][N]))
                    .hasMessage("backward: the number of rows of dz is 1, expected 2, that of x in the last forward");
            assertThatThrownBy(() -> layer.update(DenseCell.relu(p.w(), p.u(), p.b())))
                    .hasMessage("update: the parameters are of a RELU cell of 7 elements and 3 inputs, "
                    + "expected a TANH cell of 7 elements and 3 inputs");
        }
        assertThatThrownBy(() -> layer.forward(new float[2][INPUTS])).hasMessage("forward: this layer was used after it was closed");
    }

    /** Rows are flat, token after token; who forgets it reads how many numbers they have, and why. */
    @Test
    void rowsOfTokensAndImagesAreFlat() {
        Cell tokens = Cell.of(Type.F32, Shape.tokens(16, 8), (net, z, x) -> net.linear("w", z, 8).scale(0.1).plus(x));
        try (var layer = Equilibrium.of(tokens).build()) {
            assertThatThrownBy(() -> layer.forward(new float[16][8])).hasMessage(
                    "forward: row 0 of x has length 8, expected 128 (16 tokens × 8)");
            assertThat(layer.forward(new float[2][128])).hasDimensions(2, 128);
            assertThatThrownBy(() -> layer.backward(new float[2][8])).hasMessage(
                    "backward: row 0 of dz has length 8, expected 128 (16 tokens × 8)");
            assertThat(layer.backward(new float[2][128])).hasDimensions(2, 128);
        }
        Shape image = Shape.image(2, 3, 4);
        Cell images = Cell.of(Type.F32, Shape.together(image, Shape.vector(5)), image, (net, z, x) ->
                net.together(z.part(0).scale(0.1).plus(x), z.part(1).scale(0.1)));
        try (var layer = Equilibrium.of(images).build()) {
            assertThatThrownBy(() -> layer.forward(new float[1][6])).hasMessage(
                    "forward: row 0 of x has length 6, expected 24 (2 × 3 pixels × 4)");
            layer.forward(new float[1][24]);
            assertThatThrownBy(() -> layer.backward(new float[1][24])).hasMessage(
                    "backward: row 0 of dz has length 24, expected 29 (together(image(2, 3, 4), vector(5)))");
        }
    }

    /** A backward solve that may make a single product fails. */
    private static final GradientMode SHORT = new GradientMode.Exact(
            (engine, type, batch, n) -> Gmres.plan(engine, type, batch, n, 5, Stopping.relative(1e-6).within(2)));

    @Test
    void aBackwardSolveThatFailsThrowsAndAddsNothing() {
        float[][] x = random(3, INPUTS, 1, 4);
        float[][] dz = random(3, N, 1, 5);
        dz[1] = new float[N];
        try (var strict = Equilibrium.of(cell()).gradients(SHORT).build();
                var lenient = Equilibrium.of(cell()).gradients(SHORT).lenient().build()) {
            strict.forward(x);
            assertThat(strict.gradientRows()).isEmpty();
            assertThatThrownBy(() -> strict.backward(dz)).isInstanceOfSatisfying(NotSolved.class, e -> {
                assertThat(e.rows()).containsExactly(0, 2);
                assertThat(e.getMessage()).matches("backward: 2 of 3 rows have no gradient\\. The backward solve of row 0 ended with "
                        + "MAX_EVALUATIONS \\(its budget of evaluations was spent\\), at a relative residual of [-0-9.e]+\\. The backward "
                        + "solve of row 2 ended with .*\\. Nothing was added to the gradients\\. "
                        + "To add those of the other rows, build the layer with \\.lenient\\(\\)\\.");
            });
            assertThat(strict.gradients().b()).containsOnly(0);
            assertThat(strict.gradientRows()).extracting(Equilibrium.GradientRow::use)
                    .containsExactly(GradientOutcome.Use.SKIPPED, GradientOutcome.Use.ADDED, GradientOutcome.Use.SKIPPED);
            lenient.forward(x);
            float[][] dx = lenient.backward(dz);
            assertThat(dx[0]).containsOnly(0);
            assertThat(lenient.gradientRows()).isEqualTo(strict.gradientRows());
            assertThat(lenient.gradientRows().get(0).backward().isSuccess()).isFalse();
            lenient.forward(x);
            assertThat(lenient.gradientRows()).isEmpty();
        }
    }

    @Test
    void clearedGradientsAreTheSameArrays() {
        try (var layer = Equilibrium.of(cell()).build()) {
            DenseParameters gradients = layer.gradients();
            layer.forward(random(2, INPUTS, 1, 4));
            layer.backward(random(2, N, 1, 5));
            float once = gradients.w()[1][2];
            assertThat(once).isNotZero();
            layer.clearGradients();
            assertThat(layer.gradients()).isSameAs(gradients);
            assertThat(gradients.w()[1]).containsOnly(0);
            assertThat(gradients.u()[1]).containsOnly(0);
            assertThat(gradients.b()).containsOnly(0);
            layer.backward(random(2, N, 1, 5));
            assertThat(gradients.w()[1][2]).isEqualTo(once);
        }
    }

    @Test
    void aLayerFitsANumberOfBlocks() {
        DenseParameters p = cell();
        float[][] x = random(3, INPUTS, 1, 4);
        float[][] dz = random(3, N, 1, 5);
        try (var small = Equilibrium.of(p).tolerance(1e-6).memory(9).build(); var usual = Equilibrium.of(p).tolerance(1e-6).build()) {
            assertThat(small.toString()).contains(", by plain steps of adaptive length forward, GMRES with cycles of 2 steps backward, "
                    + "within 9 blocks, on the ");
            assertThatThrownBy(small::memory).isInstanceOf(IllegalStateException.class)
                    .hasMessage("memory: there was no forward pass yet, expected forward(x) first");
            float[][] z = small.forward(x);
            float[][] expected = usual.forward(x);
            for (int b = 0; b < 3; b++) {
                assertThat(z[b]).containsExactly(expected[b], within(1e-4f));
            }
            assertThat(small.memory().blocks()).isEqualTo(9);
            assertThat(usual.memory().blocks()).isEqualTo(27);
            small.backward(dz);
            usual.backward(dz);
            assertThat(small.gradients().b()).containsExactly(usual.gradients().b(), within(1e-1f));
        }
        assertThatThrownBy(() -> Equilibrium.of(p).memory(0)).hasMessage("equilibrium: the number of blocks is 0, expected at least 1");
        assertThatThrownBy(() -> Equilibrium.of(p).memory(3).gradients(new GradientMode.JacobianFree()).build())
                .hasMessage("memory: the number of blocks is 3, expected at least 4 for the gradient mode JacobianFree[]");
        try (var layer = Equilibrium.of(p).memory(3).method(ForwardMethod.BROYDEN).build()) {
            assertThat(layer.toString()).as("the later call wins").doesNotContain("blocks");
        }
    }

    @Test
    void everyMethodAndModeWorksTogether() {
        DenseParameters p = cell();
        float[][] x = random(3, INPUTS, 1, 4);
        float[][] dz = random(3, N, 1, 5);
        try (var exact = Equilibrium.of(p).tolerance(1e-6).gradients(GradientMode.exact(1e-6)).build()) {
            float[][] z = exact.forward(x);
            exact.backward(dz);
            for (ForwardMethod method : List.of(ForwardMethod.BROYDEN, ForwardMethod.NEWTON_KRYLOV, ForwardMethod.damped(0.8))) {
                try (var layer = Equilibrium.of(p).tolerance(1e-6).method(method).gradients(GradientMode.exact(1e-6)).build()) {
                    assertThat(layer.forward(x)[2][1]).isCloseTo(z[2][1], within(1e-4f));
                    layer.backward(dz);
                    assertThat(layer.gradients().w()[1][2]).isCloseTo(exact.gradients().w()[1][2], within(1e-3f));
                }
            }
            try (var shine = Equilibrium.of(p).method(ForwardMethod.BROYDEN).gradients(new GradientMode.BroydenInverse()).build()) {
                shine.forward(x);
                shine.backward(dz);
                assertThat(shine.gradients().w()[1][2]).isNotZero();
            }
            long before = Block.liveBytes();
            assertThatThrownBy(() -> Equilibrium.of(p).gradients(new GradientMode.BroydenInverse()).build())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("equilibrium: the gradient mode is BroydenInverse and the method plans Anderson, "
                            + "expected .method(ForwardMethod.BROYDEN) for this mode");
            ForwardMethod own = (engine, type, batch, n, stopping) ->
                    Broyden.plan(engine, type, batch, n, Broyden.Options.DEFAULT.withMemory(9), stopping);
            Equilibrium.of(p).method(own).gradients(new GradientMode.BroydenInverse()).build().close();
            assertThat(Block.liveBytes()).isEqualTo(before);
        }
    }

    /** From an f that contracts, forty reversible steps reach the equilibrium, and their gradient is the exact one. */
    @Test
    void aScheduleChangesTheModeOfALayer() {
        DenseParameters p = cell();
        float[][] x = random(3, INPUTS, 1, 4);
        float[][] dz = random(3, N, 1, 5);
        GradientMode schedule = new GradientMode.JacobianFree().then(10, new GradientMode.Reversible(40, 0.4)).then(20,
                GradientMode.exact(1e-6));
        try (var scheduled = Equilibrium.of(p).tolerance(1e-6).gradients(schedule).build();
                var exact = Equilibrium.of(p).tolerance(1e-6).gradients(GradientMode.exact(1e-6)).build()) {
            exact.forward(x);
            float[][] dx = exact.backward(dz);
            float[] errors = new float[3];
            for (int i = 0; i < 3; i++) {
                // A plan for a larger batch takes over the step.
                scheduled.step(10 * i);
                float[][] z = scheduled.forward(random(3 + i, INPUTS, 1, 4));
                assertThat(z).hasDimensions(3 + i, N);
                errors[i] = Math.abs(scheduled.backward(random(3 + i, N, 1, 5))[1][0] - dx[1][0]) / Math.abs(dx[1][0]);
            }
            assertThat(errors[0]).as("Jacobian-free").isGreaterThan(0.01f);
            assertThat(errors[1]).as("reversible").isLessThan(1e-3f);
            assertThat(errors[2]).as("exact").isLessThan(1e-4f);
            scheduled.step(19);
            assertThatThrownBy(() -> scheduled.backward(random(5, N, 1, 5))).isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("backward: the gradient mode has changed since forward(x, z)");
            assertThatThrownBy(() -> scheduled.step(-1)).hasMessage("step: the number of the step is -1, expected at least 0");
        }
        assertThatThrownBy(() -> Equilibrium.of(p).gradients(GradientMode.DEFAULT.then(5, new GradientMode.BroydenInverse())).build())
                .hasMessageStartingWith("equilibrium: the gradient mode is BroydenInverse and the method plans Anderson");
    }

    /** A mode that unrolls takes its steps without the solver, so there is no diagnosis of it. */
    @Test
    void stepsOfAnUnrolledNetworkThatOverflowAreNamed() {
        DenseParameters grows = DenseCell.relu(new float[][] {{1e30f}}, new float[][] {{1}}, new float[] {1});
        try (var layer = Equilibrium.of(grows).gradients(new GradientMode.Unrolled(9)).build()) {
            assertThatThrownBy(() -> layer.forward(new float[][] {{1}, {-1}})).isInstanceOfSatisfying(NotSolved.class, e -> {
                assertThat(e.rows()).containsExactly(0);
                assertThat(e.getMessage()).startsWith("1 of 2 rows was not solved to a relative tolerance of 1.0E-5. The plain steps of "
                        + "row 0 ended with ");
            });
        }
        try (var layer = Equilibrium.of(grows).gradients(new GradientMode.Reversible(9, 0.5)).build()) {
            assertThatThrownBy(() -> layer.forward(new float[][] {{1}, {-1}})).hasMessageContaining(
                    ". The reversible steps of row 0 ended with ");
        }
    }

    @Test
    void numbersThatAreNotFiniteAreRefusedWithTheirPlace() {
        float[][] x = random(3, INPUTS, 1, 4);
        float[][] dz = random(3, N, 1, 5);
        try (var layer = Equilibrium.of(cell()).lenient().build()) {
            layer.forward(x);
            x[1][1] = Float.NaN;
            dz[2][0] = Float.NEGATIVE_INFINITY;
            assertThatThrownBy(() -> layer.forward(x)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("forward: x holds NaN in row 1, column 1, expected a finite number in every element");
            assertThatThrownBy(() -> layer.backward(dz)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("backward: dz holds -Infinity in row 2, column 0, expected a finite number in every element");
            dz[2][0] = 0;
            assertThat(layer.backward(dz)).hasDimensions(3, INPUTS);
        }
    }

    @Test
    void aLayerSaysWhatItIs() {
        Equilibrium<DenseParameters> layer = Equilibrium.of(cell()).build();
        try (layer) {
            assertThat(layer).asString().matches("TANH cell of 7 elements and 3 inputs, to a relative tolerance of 1\\.0E-5, on the "
                    + "\\w+ engine with 1 thread");
        }
        assertThat(layer).asString().endsWith(", closed");
    }

    @Test
    void aToleranceKeepsTheBudget() {
        try (var layer = Equilibrium.of(cell()).stopping(Stopping.relative(1e-3).within(2)).tolerance(1e-6).lenient().build()) {
            layer.forward(random(1, INPUTS, 1, 4));
            assertThat(layer.rows().getFirst().evaluations()).isEqualTo(2);
        }
    }

    /** Rows of the caller's arrays may be replaced after the shapes were checked. Nothing is written then. */
    @Test
    void replacedRowsAreChecked() {
        float[][] w = {{.3f, -.2f}, {.1f, .4f}};
        float[][] u = {{1}, {-1}};
        DenseParameters p = DenseCell.tanh(w, u, new float[2]);
        float[][] x = {{1}};
        try (var layer = Equilibrium.of(p).build()) {
            float[][] z = layer.forward(x);
            float[] row = w[1];
            w[1] = new float[] {.5f};
            w[0][0] = .6f;
            assertThatThrownBy(() -> layer.update(p)).hasMessage("update: row 1 of W has length 1, expected 2");
            w[0][0] = .3f;
            assertThat(layer.forward(x)).isDeepEqualTo(z);
            w[1] = new float[3];
            assertThatThrownBy(() -> layer.update(p)).hasMessage("update: row 1 of W has length 3, expected 2");
            w[1] = null;
            assertThatThrownBy(() -> layer.update(p)).isInstanceOf(NullPointerException.class).hasMessage("update: row 1 of W is null");
            assertThatThrownBy(() -> layer.forward(new float[2][1])).hasMessage("forward: row 1 of W is null");
            w[1] = row;
            u[0] = new float[2];
            assertThatThrownBy(() -> layer.update(p)).hasMessage("update: row 0 of U has length 2, expected 1");
            u[0] = null;
            assertThatThrownBy(() -> layer.update(p)).hasMessage("update: row 0 of U is null");
            u[0] = new float[] {1};
            layer.update(p);
            assertThat(layer.forward(x)).isDeepEqualTo(z);
            layer.gradients().u()[1] = new float[0];
            float[][] dz = {{1, 1}};
            assertThatThrownBy(() -> layer.backward(dz)).hasMessage("backward: row 1 of the gradient of U has length 0, expected 1");
            layer.gradients().w()[1] = null;
            assertThatThrownBy(() -> layer.backward(dz)).hasMessage("backward: row 1 of the gradient of W is null");
            assertThat(layer.gradients().w()[0]).containsOnly(0);
        }
    }
}
