package dev.zstar.benchmarks.families;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Equations whose solutions and derivatives are known. */
class EquationsTest {
    private static final Engine ENGINE = Engines.best(1);

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    // ---- the linear equation

    @Test
    void aNormBelowOneIsSufficientAndARadiusBelowOneIsNecessary() {
        double[][] contracting = {{0.2, 0.3}, {-0.4, 0.1}};
        double[][] nonNormal = {{0.5, 10}, {0, 0.5}};
        double[][] expanding = {{0.5, 1}, {1, 0.5}};
        try (LinearEquation one = new LinearEquation(ENGINE, contracting);
                LinearEquation two = new LinearEquation(ENGINE, nonNormal);
                LinearEquation three = new LinearEquation(ENGINE, expanding)) {
            assertThat(one.conditions().sufficient()).isTrue();
            assertThat(one.conditions().infinity()).isCloseTo(0.5, within(1e-15));
            assertThat(one.conditions().one()).isCloseTo(0.6, within(1e-15));
            assertThat(two.conditions().sufficient()).as("no norm is below 1").isFalse();
            assertThat(two.conditions().necessaryAndSufficient()).isTrue();
            assertThat(two.conditions().radius()).as("a Jordan block").isCloseTo(0.5, within(1e-6));
            assertThat(three.conditions().necessaryAndSufficient()).isFalse();
            assertThat(three.conditions().radius()).isCloseTo(1.5, within(1e-12));
            assertThat(three.conditions().two()).isCloseTo(1.5, within(1e-12));
            for (LinearEquation equation : new LinearEquation[] {one, two}) {
                assertThat(equation.plain(120, 1, 2)).containsExactly(equation.closedForm(1, 2), within(1e-10));
            }
            assertThat(DirectionalDerivatives.norm(three.plain(60, 1, 2))).isGreaterThan(1e8);
            // Before it falls, the error of the second grows, since its norm is above 1.
            assertThat(Math.abs(two.plain(2, 0, 1)[0])).isGreaterThan(Math.abs(two.plain(1, 0, 1)[0]));
        }
    }

    @Test
    void theDerivativeExistsWhereverOneIsNoEigenvalue() {
        // The last expands: implicit differentiation does not care.
        for (double scale : new double[] {0.3, 0.9, 3}) {
            double[][] w = new double[5][];
            Random random = new Random(1);
            for (int i = 0; i < 5; i++) {
                w[i] = random.doubles(5, -scale, scale).toArray();
            }
            double[] b = random.doubles(5, -1, 1).toArray();
            double[] g = random.doubles(5, -1, 1).toArray();
            try (LinearEquation equation = new LinearEquation(ENGINE, w)) {
                LinearEquation.Derivative derivative = equation.differentiate(b, g);
                double[] z = equation.closedForm(b);
                assertThat(derivative.z()).containsExactly(z, within(1e-10));
                double[][] transposed = new double[5][5];
                for (int i = 0; i < 25; i++) {
                    transposed[i % 5][i / 5] = w[i / 5][i % 5];
                }
                try (LinearEquation adjoint = new LinearEquation(ENGINE, transposed)) {
                    double[] v = adjoint.closedForm(g);
                    assertThat(derivative.b()).containsExactly(v, within(1e-10));
                    for (int i = 0; i < 25; i++) {
                        assertThat(derivative.w()[i]).isCloseTo(v[i / 5] * z[i % 5], within(1e-9));
                    }
                }
                for (int i = 0; i < 25; i++) {
                    double h = 1e-5;
                    w[i / 5][i % 5] += h;
                    double up = inner(g, w, b);
                    w[i / 5][i % 5] -= 2 * h;
                    double down = inner(g, w, b);
                    w[i / 5][i % 5] += h;
                    double size = DirectionalDerivatives.norm(derivative.w());
                    assertThat((up - down) / (2 * h)).isCloseTo(derivative.w()[i], within(1e-6 * size));
                }
            }
        }
    }

    private static double inner(double[] g, double[][] w, double[] b) {
        try (LinearEquation equation = new LinearEquation(ENGINE, w)) {
            double[] z = equation.closedForm(b);
            double sum = 0;
            for (int i = 0; i < z.length; i++) {
                sum += g[i] * z[i];
            }
            return sum;
        }
    }

    @Test
    void theEigenvalueOneIsRefusedInWords() {
        double[][] w = {{1, 0.3}, {0, 0.5}};
        try (LinearEquation equation = new LinearEquation(ENGINE, w)) {
            assertThatThrownBy(() -> equation.closedForm(1, 2)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("I - W is singular").hasMessageContaining("expected a W without the eigenvalue 1");
            for (double[] g : new double[][] {{1, 0}, {0, 1}}) {
                assertThatThrownBy(() -> equation.differentiate(new double[] {-0.6, 1}, g)).isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith("derivative: row 0 has an eigenvalue of J at a distance of")
                        .hasMessageEndingWith("so I - J is singular and z* is no smooth function of the parameters, expected no eigenvalue "
                                + "1");
            }
        }
    }

    /** What the layer itself does there: it says that there is no gradient if g is not in the range of {@code I - Jᵀ}. */
    @Test
    void aLayerAtASingularPointSkipsAGradientOutsideTheRange() {
        double[][] w = {{1, 0.3}, {0, 0.5}};
        try (LinearEquation equation = new LinearEquation(ENGINE, w);
                FixedPointSolver solver = FixedPointSolver.plan(equation.map(), Stopping.relative(1e-12));
                EquilibriumLayer<CellGradients> layer = EquilibriumLayer.plan(equation.map(), solver, GradientMode.exact(1e-12));
                Block x = Block.of(Type.F64, 1, 2, -0.6, 1);
                Block z = Block.allocate(Type.F64, 1, 2);
                Block g = Block.of(Type.F64, 1, 2, 1, 0);
                Block dx = Block.allocate(Type.F64, 1, 2)) {
            // z = (anything, 2) solves the equation, since its first row is -0.6 + 0.3 · 2 = 0.
            assertThat(layer.forward(x, z).succeeded()).isTrue();
            // I - Wᵀ = [0 0; -0.3 0.5], whose range is (0, ·).
            GradientOutcome outcome = layer.backward(g, new CellGradients(null, dx));
            assertThat(outcome.succeeded()).isFalse();
            assertThat(outcome.use(0)).isEqualTo(GradientOutcome.Use.SKIPPED);
            assertThat(outcome.toString()).contains("the backward solve of row 0 ended with");
            assertThat(dx.toDoubles()).containsOnly(0);
        }
    }

    // ---- heat

    @Test
    void theHeatOfAPlateIsTheAnalyticOne() {
        double[] discretisation = new double[2];
        int[] plain = new int[2];
        int[] cg = new int[2];
        for (int k = 0; k < 2; k++) {
            try (HeatEquilibrium heat = new HeatEquilibrium(ENGINE, k == 0 ? 7 : 15)) {
                HeatEquilibrium.Result steps = heat.plain(1e-12, 5000);
                HeatEquilibrium.Result accelerated = heat.accelerated(1e-12, 1000);
                HeatEquilibrium.Result gradients = heat.conjugateGradients(1e-12, 1000);
                for (HeatEquilibrium.Result result : new HeatEquilibrium.Result[] {steps, accelerated, gradients}) {
                    // The error is at most the residual over 1 - ρ.
                    assertThat(result.error()).as("%s", result).isLessThan(1e-12 * (k == 0 ? 8 : 16) / (1 - heat.radius()));
                }
                assertThat(accelerated.evaluations()).isLessThan(steps.evaluations());
                discretisation[k] = gradients.discretisation();
                plain[k] = steps.evaluations();
                cg[k] = gradients.evaluations();
            }
        }
        assertThat(discretisation[0] / discretisation[1]).as("an error of order h²").isBetween(3.9, 4.1);
        assertThat(plain[1]).as("O(m²) steps").isGreaterThan(3 * plain[0]);
        assertThat(cg[1]).isLessThan(3 * cg[0]);
    }

    @Test
    void theGradientOfHeatIsTheAdjointEquilibrium() {
        try (HeatEquilibrium heat = new HeatEquilibrium(ENGINE, 5);
                FixedPointSolver solver = FixedPointSolver.plan(heat.map(), Stopping.relative(1e-13).within(500));
                EquilibriumLayer<CellGradients> layer = EquilibriumLayer.plan(heat.map(), solver, GradientMode.exact(1e-13));
                Block g = Block.of(Type.F64, 1, 25, new Random(1).doubles(25, -1, 1).toArray());
                Block q = Block.of(Type.F64, 1, 25, new Random(2).doubles(25, 0, 1).toArray());
                Block u = Block.allocate(Type.F64, 1, 25);
                Block dq = Block.allocate(Type.F64, 1, 25)) {
            layer.forward(q, u);
            assertThat(layer.backward(g, new CellGradients(null, dq)).succeeded()).isTrue();
            DirectionalDerivatives.check(() -> {
                u.fill(0);
                layer.infer(q, u);
                double[] product = new double[1];
                ENGINE.dot(g, u, product);
                return product[0];
            }, java.util.List.of("q"), java.util.List.of(q), java.util.List.of(dq), 1e-3, 1e-6);
        }
    }

    // ---- the quadratic program

    private static final int N = 4;
    private static final int M = 1;

    private static Block matrix() {
        // BᵀB + I
        double[] b = new Random(3).doubles(N * N, -1, 1).toArray();
        Block q = Block.allocate(Type.F64, N, N);
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                double sum = i == j ? 1 : 0;
                for (int k = 0; k < N; k++) {
                    sum += b[k * N + i] * b[k * N + j];
                }
                q.set(i, j, sum);
            }
        }
        return q;
    }

    /** Two programs: [q, b, l, h] in each row, some of whose bounds hold with equality. */
    private static Block inputs() {
        return Block.of(Type.F64, 2, 3 * N + M, 1, -4, 2, 0.5, 1, -0.5, -1, -0.25, -1, 1, 0.75, 1, 1, -1, 3, 1, -2, 0.5, -1, -1, -1, -1, 1,
                1, 1, 0.5);
    }

    @Test
    void theSolutionMeetsTheOptimalityConditions() {
        try (Block q = matrix(); Block a = Block.of(Type.F64, M, N, 1, 1, 1, 1); Block x = inputs();
                QuadraticProgram program = new QuadraticProgram(ENGINE, 2, q, a);
                FixedPointSolver solver = FixedPointSolver.plan(program, Stopping.relative(1e-13).within(3000));
                Block s = Block.allocate(Type.F64, 2, N + M)) {
            program.inject(x);
            Outcome outcome = solver.solve(program, s);
            assertThat(outcome.succeeded()).as("%s", outcome.status(0)).isTrue();
            int atBounds = 0;
            for (int b = 0; b < 2; b++) {
                double sum = 0;
                for (int i = 0; i < N; i++) {
                    double z = s.get(b, i);
                    sum += z;
                    double slope = x.get(b, i) + s.get(b, N);
                    for (int j = 0; j < N; j++) {
                        slope += q.get(i, j) * s.get(b, j);
                    }
                    double low = x.get(b, N + M + i);
                    double high = x.get(b, 2 * N + M + i);
                    assertThat(z).isBetween(low, high);
                    // A positive slope holds a variable at its lower bound.
                    if (z == low) {
                        assertThat(slope).isPositive();
                        atBounds++;
                    } else if (z == high) {
                        assertThat(slope).isNegative();
                        atBounds++;
                    } else {
                        assertThat(slope).isCloseTo(0, within(1e-10));
                    }
                }
                assertThat(sum).isCloseTo(x.get(b, N), within(1e-10));
            }
            assertThat(atBounds).as("otherwise the test says nothing about bounds").isBetween(2, 6);
        }
    }

    @Test
    void gradientsOfTheCostTheConstraintsAndTheBounds() {
        try (Block q = matrix(); Block a = Block.of(Type.F64, M, N, 1, 1, 1, 1); Block x = inputs();
                QuadraticProgram program = new QuadraticProgram(ENGINE, 2, q, a);
                FixedPointSolver solver = FixedPointSolver.plan(program, Stopping.relative(1e-13).within(3000));
                EquilibriumLayer<Block> layer = EquilibriumLayer.plan(program, solver, GradientMode.exact(1e-13));
                Block s = Block.allocate(Type.F64, 2, N + M);
                Block g = Block.of(Type.F64, 2, N + M, new Random(5).doubles(2 * (N + M), -1, 1).toArray());
                Block dx = Block.allocate(Type.F64, 2, 3 * N + M)) {
            assertThat(layer.forward(x, s).succeeded()).isTrue();
            assertThat(layer.backward(g, dx).succeeded()).isTrue();
            double size = DirectionalDerivatives.norm(dx.toDoubles());
            int notZero = 0;
            for (int b = 0; b < 2; b++) {
                for (int i = 0; i < 3 * N + M; i++) {
                    double old = x.get(b, i);
                    x.set(b, i, old + 1e-4);
                    double up = value(layer, x, s, g);
                    x.set(b, i, old - 1e-4);
                    double down = value(layer, x, s, g);
                    x.set(b, i, old);
                    assertThat(dx.get(b, i)).as("element %d of row %d", i, b).isCloseTo((up - down) / 2e-4, within(1e-6 * size));
                    notZero += i > N && dx.get(b, i) != 0 ? 1 : 0;
                }
            }
            assertThat(notZero).as("gradients of bounds").isBetween(2, 6);
        }
    }

    private static double value(EquilibriumLayer<Block> layer, Block x, Block s, Block g) {
        s.fill(0);
        assertThat(layer.infer(x, s).succeeded()).isTrue();
        double[] products = new double[2];
        ENGINE.dot(g, s, products);
        return products[0] + products[1];
    }

    @Test
    void theProductsOfTheProgramAreTransposesOfEachOther() {
        try (Block q = matrix(); Block a = Block.of(Type.F64, M, N, 1, 2, -1, 0.5); Block x = inputs();
                QuadraticProgram program = new QuadraticProgram(ENGINE, 2, q, a);
                Block s = Block.of(Type.F64, 2, 5, new Random(1).doubles(10, -1, 1).toArray());
                Block u = Block.of(Type.F64, 2, 5, new Random(2).doubles(10, -1, 1).toArray());
                Block v = Block.of(Type.F64, 2, 5, new Random(3).doubles(10, -1, 1).toArray());
                Block forth = Block.allocate(Type.F64, 2, 5); Block back = Block.allocate(Type.F64, 2, 5)) {
            program.inject(x);
            Rows all = new Rows(2);
            program.linearise(s, all);
            program.jvp(v, forth, all);
            program.vjp(u, back, all);
            double[] one = new double[2];
            double[] two = new double[2];
            ENGINE.dot(u, forth, one);
            ENGINE.dot(back, v, two);
            assertThat(one).containsExactly(two, within(1e-14));
            x.set(1, N + M, 2);
            assertThatThrownBy(() -> program.inject(x))
                    .hasMessage("inject: the bounds of variable 0 in row 1 are 2.0 and 1.0, expected the first below the second");
        }
    }
}
