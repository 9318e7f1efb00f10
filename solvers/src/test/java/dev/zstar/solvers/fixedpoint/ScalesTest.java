package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome.Use;
import dev.zstar.solvers.implicit.GradientReport;
import dev.zstar.solvers.parameters.SpectralNormalisation;
import dev.zstar.solvers.parameters.WeightNormalisation;
import dev.zstar.solvers.training.JacobianRegularisation;
import dev.zstar.solvers.training.MonotoneWeights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reports and parametrisations at any finite scale. A power of two changes only the scale of a result. */
class ScalesTest {
    private static final int N = 6;
    private static final int BATCH = 3;

    /** The exponents at which everything of size 1 is a normal number of the type, with room for sums. */
    private static int[] exponents(Type type) {
        return type == Type.F32 ? new int[] {-124, -110, -90, -60, -20, 0, 30, 62, 66, 90, 120, 125}
                : new int[] {-1020, -1000, -900, -540, -480, -200, 0, 200, 480, 515, 900, 1000, 1019};
    }

    private static Block scaled(Block block, int exponent) {
        Block copy = Block.allocate(block.type(), block.rows(), block.cols());
        for (int i = 0; i < block.rows(); i++) {
            for (int j = 0; j < block.cols(); j++) {
                copy.set(i, j, Math.scalb(block.get(i, j), exponent));
            }
        }
        return copy;
    }

    private static void assertClose(Block found, Block expected, int exponent, double tolerance, String what) {
        for (int i = 0; i < found.rows(); i++) {
            for (int j = 0; j < found.cols(); j++) {
                assertThat(Math.scalb(found.get(i, j), -exponent)).as("%s, 2^%d", what, exponent)
                        .isCloseTo(expected.get(i, j), within(tolerance));
            }
        }
    }

    /** The gradient of s times a loss has the same report as the gradient of the loss. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-300, 1e-200, 1e-160, 1e-90, 1e90, 1e160, 1e200, 1e300})
    void aReportIsTrueForGradientsOfAnySize(double scale) {
        for (GradientMode mode : new GradientMode[] {new GradientMode.JacobianFree(), new GradientMode.NeumannSeries(3),
                GradientMode.exact(1e-4)}) {
            try (Engine engine = Engines.best(1);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.9, 1);
                    FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, BATCH, N, Stopping.relative(1e-12));
                    Block x = Problems.random(Type.F64, BATCH, 3, 1, 4);
                    Block z = engine.allocate(Type.F64, BATCH, N);
                    Block g = Problems.random(Type.F64, BATCH, N, 1, 5);
                    Block large = Problems.random(Type.F64, BATCH, N, scale, 5);
                    var layer = EquilibriumLayer.plan(engine, Type.F64, BATCH, N, cell, solver, mode)) {
                assertThat(layer.forward(x, z).succeeded()).isTrue();
                GradientReport expected = layer.report(g);
                GradientReport found = layer.report(large);
                assertThat(expected.worstError()).isPositive();
                assertThat(found.exact()).as("%s: %s", mode, found).isTrue();
                for (int b = 0; b < BATCH; b++) {
                    assertThat(found.cosine().get(b)).as("%s, cosine", mode).isCloseTo(expected.cosine().get(b), within(1e-9));
                    assertThat(found.error().get(b)).as("%s, error", mode).isCloseTo(expected.error().get(b), within(1e-9));
                    assertThat(found.residual().get(b)).as("%s, residual", mode).isCloseTo(expected.residual().get(b), within(1e-9));
                }
            }
        }
    }

    @Test
    void aGradientWhoseSquareOverflowsIsDampedAndNotSkipped() {
        for (double scale : new double[] {1e-200, 1e200, 1.5e308}) {
            try (Engine engine = Engines.best(1);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.9, 1);
                    FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, BATCH, N, Stopping.relative(1e-12).within(2));
                    Block x = Problems.random(Type.F64, BATCH, 3, 1, 4);
                    Block z = engine.allocate(Type.F64, BATCH, N);
                    Block g = engine.allocate(Type.F64, BATCH, N);
                    Block db = engine.allocate(Type.F64, 1, N);
                    var layer = EquilibriumLayer.plan(engine, Type.F64, BATCH, N, cell, solver, new GradientMode.JacobianFree(), 0.125)) {
                g.fill(scale);
                layer.forward(x, z);
                assertThat(layer.backward(g, new DenseCell.Gradients(null, null, db, null)).count(Use.DAMPED)).as("%s", scale)
                        .isEqualTo(BATCH);
                assertThat(db.get(0, 0)).isBetween(0.0, Double.MAX_VALUE).isNotZero();
            }
        }
    }

    /** Finite elements whose length overflows are a valid gradient. NaN comes from the input, not from the map. */
    @Test
    void aLengthThatOverflowsIsNoFailureAndNaNIsTheInputs() {
        for (GradientMode mode : new GradientMode[] {new GradientMode.JacobianFree(), new GradientMode.Unrolled(1)}) {
            try (Engine engine = Engines.best(1);
                    DenseCell cell = Problems.cell(engine, Activation.TANH, Type.F64, N, BATCH, 0.9, 1);
                    FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, BATCH, N, Stopping.relative(1e-12));
                    Block x = Problems.random(Type.F64, BATCH, 3, 1, 4);
                    Block z = engine.allocate(Type.F64, BATCH, N);
                    Block g = engine.allocate(Type.F64, BATCH, N);
                    Block dx = engine.allocate(Type.F64, BATCH, 3);
                    var layer = EquilibriumLayer.plan(engine, Type.F64, BATCH, N, cell, solver, mode)) {
                // A solver needs a right-hand side of finite length; unrolling has no right-hand side.
                g.fill(mode instanceof GradientMode.Unrolled ? 1.7e308 : 1e307);
                for (int i = 0; i < N; i++) {
                    g.set(1, i, 1);
                }
                g.set(1, 2, Double.NaN);
                layer.forward(x, z);
                var outcome = layer.backward(g, new DenseCell.Gradients(null, null, null, dx));
                assertThat(outcome.use(0)).as("%s", mode).isEqualTo(Use.ADDED);
                assertThat(outcome.use(1)).as("%s", mode).isEqualTo(Use.SKIPPED);
                assertThat(outcome.backward(1)).as("%s", mode).isEqualTo(Status.NONFINITE_INPUT);
                assertThat(outcome).hasToString("gradients of 3 rows: 2 added, 0 damped, 1 skipped; the backward solve of row 1 ended "
                        + "with NONFINITE_INPUT");
            }
        }
    }

    /** {@code R(s W) = s² R(W)} for a linear cell, up to the largest R that f64 holds. */
    @ParameterizedTest
    @ValueSource(ints = {-505, -400, 0, 400, 510})
    void thePenaltyIsSquaredLast(int exponent) {
        try (Engine engine = Engines.best(1);
                Block w = engine.allocate(Type.F64, N, N);
                Block large = engine.allocate(Type.F64, N, N);
                Block none = engine.allocate(Type.F64, N, 1);
                Block bias = engine.allocate(Type.F64, 1, N);
                Block x = engine.allocate(Type.F64, BATCH, 1);
                Block z = engine.allocate(Type.F64, BATCH, N)) {
            // With probes of 1 and -1 every ‖Wᵀε‖² is n, so R is exactly 1. At 2⁵¹⁰ the sum over rows and elements overflows f64.
            for (int i = 0; i < N; i++) {
                w.set(i, i, 1);
                large.set(i, i, Math.scalb(1.0, exponent));
            }
            double[] found = new double[2];
            for (int k = 0; k < 2; k++) {
                try (DenseCell cell = new DenseCell(engine, Activation.IDENTITY, k == 0 ? w : large, none, bias, BATCH);
                        JacobianRegularisation penalty = new JacobianRegularisation(
                                engine, Type.F64, BATCH, N, JacobianRegularisation.Probe.RADEMACHER, 1)) {
                    cell.inject(x);
                    cell.linearise(z);
                    found[k] = penalty.estimate(cell, BATCH);
                }
            }
            assertThat(found[0]).isCloseTo(1, within(1e-14));
            assertThat(Math.scalb(found[1], -2 * exponent)).isCloseTo(1, within(1e-14));
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void spectralNormalisationIsTheSameForEveryScale(Type type) {
        double tolerance = type == Type.F32 ? 1e-5 : 1e-12;
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Block v = Problems.symmetric(type, N, 1, 1);
                    Block g = Problems.random(type, N, N, 1, 2);
                    Block w = engine.allocate(type, N, N);
                    Block dv = engine.allocate(type, N, N);
                    Block w1 = engine.allocate(type, N, N);
                    Block dv1 = engine.allocate(type, N, N);
                    SpectralNormalisation unit = new SpectralNormalisation(engine, type, N, N, 0.5, 1)) {
                unit.apply(v, w, 500);
                unit.vjp(w, g, dv);
                for (int k : exponents(type)) {
                    double limit = Math.scalb(0.5, Math.min(k, 0));
                    try (Block scaled = scaled(v, k);
                            SpectralNormalisation norm = new SpectralNormalisation(engine, type, N, N, limit, 1)) {
                        // The steps are made in two calls, which keep the vectors.
                        norm.apply(scaled, w1, 250);
                        norm.apply(scaled, w1, 250);
                        String what = provider.name() + ", " + type;
                        assertThat(Math.scalb(norm.sigma(), -k)).as("%s, 2^%d", what, k).isCloseTo(unit.sigma(), within(tolerance));
                        assertClose(w1, w, Math.min(k, 0), tolerance, what);
                        norm.vjp(w1, g, dv1);
                        // V = 2^k V₁ with c = 2^min(k, 0) c₁: the gradient is 2^min(k, 0) / 2^k of the first.
                        assertClose(dv1, dv, Math.min(k, 0) - k, tolerance, what);
                    }
                }
            }
        }
    }

    /** The vectors of one matrix may be orthogonal to the next matrix. Zeros stay zeros, and a NaN is reported with its place. */
    @Test
    void theIterationStartsAgainWhereItSeesNothing() {
        try (Engine engine = Engines.best(1);
                Block first = engine.allocate(Type.F64, 3, 3);
                Block second = engine.allocate(Type.F64, 3, 3);
                Block zeros = engine.allocate(Type.F64, 3, 3);
                Block w = engine.allocate(Type.F64, 3, 3);
                SpectralNormalisation norm = new SpectralNormalisation(engine, Type.F64, 3, 3, 1, 1)) {
            first.set(0, 0, 3);
            second.set(1, 1, 2);
            norm.apply(first, w, 2);
            assertThat(norm.sigma()).isEqualTo(3);
            norm.apply(second, w, 2);
            assertThat(norm.sigma()).isCloseTo(2, within(1e-14));
            norm.apply(zeros, w, 2);
            assertThat(norm.sigma()).isZero();
            norm.apply(second, w, 1);
            assertThat(norm.sigma()).isCloseTo(2, within(1e-14));
            second.set(2, 0, Double.NaN);
            assertThatThrownBy(() -> norm.apply(second, w, 1))
                    .hasMessage("apply: V holds NaN in row 2, column 0, expected a finite number in every element");
            assertThatThrownBy(() -> norm.vjp(w, w, w)).as("no σ of V").hasMessageStartingWith("vjp: σ is not known yet");
            second.fill(1.7e308);
            assertThatThrownBy(() -> norm.apply(second, w, 1))
                    .hasMessage("apply: σ(V) of the matrix V (3×3 f64) overflows f64, expected a smaller V");
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void weightNormalisationIsTheSameForEveryScale(Type type) {
        double tolerance = type == Type.F32 ? 1e-5 : 1e-13;
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Block v = Problems.random(type, 4, N, 1, 1);
                    Block g = Problems.random(type, 1, 4, 1, 2);
                    Block dw = Problems.random(type, 4, N, 1, 3);
                    Block w = engine.allocate(type, 4, N);
                    Block dv = engine.allocate(type, 4, N);
                    Block dg = engine.allocate(type, 1, 4);
                    Block w1 = engine.allocate(type, 4, N);
                    Block dv1 = engine.allocate(type, 4, N);
                    Block dg1 = engine.allocate(type, 1, 4)) {
                // A gain of 0, and a row without a gradient.
                g.set(0, 2, 0);
                for (int j = 0; j < N; j++) {
                    dw.set(1, j, 0);
                }
                WeightNormalisation norm = new WeightNormalisation(engine, type, 4, N);
                norm.apply(v, g, w);
                norm.vjp(v, g, dw, dv, dg);
                for (int k : exponents(type)) {
                    // ∂v is 2^-k times that of the first. If that is out of range, a gradient of 2^h keeps it in range.
                    int h = Math.clamp(k, -60, 60);
                    try (Block scaled = scaled(v, k); Block small = scaled(dw, h)) {
                        String what = provider.name() + ", " + type;
                        norm.apply(scaled, g, w1);
                        assertClose(w1, w, 0, tolerance, what);
                        norm.vjp(scaled, g, small, dv1, dg1);
                        assertClose(dg1, dg, h, tolerance, what + ", gradient of g");
                        assertClose(dv1, dv, h - k, tolerance, what + ", gradient of V");
                        // In place.
                        norm.vjp(scaled, g, small, small, dg1);
                        assertClose(small, dv, h - k, tolerance, what + ", in place");
                        norm.apply(scaled, g, scaled);
                        assertClose(scaled, w, 0, tolerance, what + ", in place");
                    }
                }
            }
        }
    }

    /** A row of 10⁻⁴⁰, whose inverse length overflows f32, and rows without a direction. */
    @Test
    void aRowOfDenormalNumbersIsNormalisedAndOneOfZerosIsNamed() {
        try (Engine engine = Engines.best(1);
                Block v = engine.allocate(Type.F32, 2, 4);
                Block g = Block.of(Type.F32, 1, 2, 1, 2);
                Block w = engine.allocate(Type.F32, 2, 4)) {
            WeightNormalisation norm = new WeightNormalisation(engine, Type.F32, 2, 4);
            v.fill(1e-40);
            norm.apply(v, g, w);
            for (int j = 0; j < 4; j++) {
                assertThat(w.get(0, j)).isCloseTo(0.5, within(1e-4));
                assertThat(w.get(1, j)).isCloseTo(1, within(1e-4));
                v.set(1, j, 0);
            }
            assertThatThrownBy(() -> norm.apply(v, g, w))
                    .hasMessage("apply: row 1 of V has the length 0.0 and g = 2.0, expected finite elements that are not all 0, and a "
                    + "finite g");
        }
    }

    /** {@code ‖I - W‖} for W of any size. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void lipschitzConstantsOfAnySize(Type type) {
        try (Engine engine = Engines.best(1); Block v = Problems.symmetric(type, N, 1, 1)) {
            for (int k : exponents(type)) {
                if (k < 60) {
                    continue;
                }
                // The identity vanishes next to W.
                try (Block w = scaled(v, k)) {
                    assertThat(Math.scalb(new MonotoneWeights(engine, 1).lipschitz(w, 500), -k)).as("2^%d", k).isCloseTo(1, within(1e-5));
                }
            }
        }
    }
}
