package dev.zstar.solvers.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import org.junit.jupiter.api.Test;

/** What GMRES alone promises; {@link LinearSolverTest} asks it what all linear solvers do. */
class GmresTest {
    @Test
    void aSystemIsSolvedWithinNSteps() {
        for (EngineProvider provider : Problems.engines()) {
            for (int n : new int[] {1, 2, 7, 33}) {
                try (Engine engine = provider.create(2);
                        Block w = Problems.symmetric(Type.F64, n, 0.99, n);
                        Weights t = engine.pack(w);
                        Gmres gmres = Gmres.plan(engine, Type.F64, 3, n, n, Stopping.relative(1e-11));
                        Block rhs = Problems.random(Type.F64, 3, n, 1, 7);
                        Block x = engine.allocate(Type.F64, 3, n)) {
                    Outcome outcome = gmres.solve((u, out, rows) -> engine.applyTransposed(t, u, out), rhs, x);
                    assertThat(outcome.succeeded()).as("%s, n = %d: %s", provider.name(), n, outcome).isTrue();
                    assertThat(outcome.evaluations()).as("n steps and the true residual").isLessThanOrEqualTo(n + 1);
                    for (int p = 0; p < 3; p++) {
                        for (int i = 0; i < n; i++) {
                            double left = x.get(p, i);
                            for (int k = 0; k < n; k++) {
                                left -= w.get(k, i) * x.get(p, k);
                            }
                            assertThat(left).isCloseTo(rhs.get(p, i), within(1e-9));
                        }
                    }
                }
            }
        }
    }

    @Test
    void rightHandSidesOfAnySizeAndRowsOfEveryKind() {
        try (Engine engine = Engines.best(1);
                Block w = Problems.symmetric(Type.F32, 20, 0.9, 1);
                Weights t = engine.pack(w);
                Gmres gmres = Gmres.plan(engine, Type.F32, 5, 20, 10, Stopping.relative(1e-5));
                Block rhs = Problems.random(Type.F32, 5, 20, 1, 7);
                Block x = engine.allocate(Type.F32, 5, 20)) {
            for (int i = 0; i < 20; i++) {
                rhs.set(0, i, 0);
                rhs.set(1, i, 1e-20 * rhs.get(4, i));
                rhs.set(2, i, 1e20 * rhs.get(4, i));
            }
            rhs.set(3, 3, Double.NaN);
            Outcome outcome = gmres.solve((u, out, rows) -> engine.applyTransposed(t, u, out), rhs, x);
            assertThat(outcome.status(0)).isEqualTo(Status.CONVERGED_ZERO_RHS);
            assertThat(outcome.status(1)).isEqualTo(Status.CONVERGED_RELATIVE);
            assertThat(outcome.status(2)).isEqualTo(Status.CONVERGED_RELATIVE);
            assertThat(outcome.status(3)).isEqualTo(Status.NONFINITE_INPUT);
            assertThat(outcome.status(4)).isEqualTo(Status.CONVERGED_RELATIVE);
            for (int i = 0; i < 20; i++) {
                assertThat(x.get(0, i)).isZero();
                assertThat(x.get(1, i) * 1e20).isCloseTo(x.get(4, i), within(1e-3 * Math.abs(x.get(4, i)) + 1e-4));
                assertThat(x.get(2, i) * 1e-20).isCloseTo(x.get(4, i), within(1e-3 * Math.abs(x.get(4, i)) + 1e-4));
            }
        }
    }

    @Test
    void rowsMayHaveTolerancesOfTheirOwn() {
        try (Engine engine = Engines.best(1);
                Block w = Problems.symmetric(Type.F64, 40, 0.95, 1);
                Weights t = engine.pack(w);
                Gmres gmres = Gmres.plan(engine, Type.F64, 3, 40, 40, Stopping.relative(1e-13));
                Block rhs = Problems.random(Type.F64, 3, 40, 1, 7);
                Block x = engine.allocate(Type.F64, 3, 40)) {
            LinearOperator operator = (u, out, rows) -> engine.applyTransposed(t, u, out);
            double[] tolerances = {1e-1, 1e-4, 1e-9};
            Outcome outcome = gmres.solve(operator, rhs, x, tolerances);
            assertThat(outcome.succeeded()).isTrue();
            for (int b = 0; b < 3; b++) {
                assertThat(outcome.residual(b)).isBetween(tolerances[b] / 100, tolerances[b]);
            }
            assertThatThrownBy(() -> gmres.solve(operator, rhs, x, new double[2]))
                    .hasMessage("solve: 2 tolerances, expected one for each of 3 rows");
            assertThat(gmres.solve(operator, rhs, x).residual(0)).isLessThan(1e-13);
        }
    }

    @Test
    void aSingularSystemAndABrokenOperatorAreNoSuccess() {
        try (Engine engine = Engines.best(1);
                Gmres gmres = Gmres.plan(engine, Type.F64, 1, 3, 3, Stopping.relative(1e-8));
                Block rhs = Block.of(Type.F64, 1, 3, 1, 2, 3);
                Block x = engine.allocate(Type.F64, 1, 3)) {
            assertThat(gmres.solve((u, out, rows) -> out.copyFrom(u), rhs, x).status(0)).isEqualTo(Status.BREAKDOWN);
            assertThat(gmres.solve((u, out, rows) -> out.fill(Double.NaN), rhs, x).status(0)).isEqualTo(Status.NONFINITE_OPERATOR);
            assertThat(x.toDoubles()).containsExactly(0, 0, 0);
        }
    }

    @Test
    void aSpaceThatIsExhaustedIsAHappyEnd() {
        try (Engine engine = Engines.best(1);
                Gmres gmres = Gmres.plan(engine, Type.F64, 1, 6, 6, Stopping.relative(0));
                Block rhs = Block.of(Type.F64, 1, 6, 1, 2, 3, 4, 5, 6);
                Block u = engine.allocate(Type.F64, 1, 6)) {
            Outcome outcome = gmres.solve((x, out, rows) -> engine.axpby(0.3, x, 0, out), rhs, u);
            assertThat(outcome.status(0)).as("%s", outcome).isIn(Status.CONVERGED_HAPPY_BREAKDOWN, Status.CONVERGED_RELATIVE);
            assertThat(outcome.residual(0)).isLessThan(1e-14);
        }
    }

    @Test
    void rangesAreChecked() {
        assertThatThrownBy(() -> Gmres.Options.DEFAULT.withRestart(0)).hasMessage("Gmres.Options: restart is 0, expected 1 to 500");
        assertThatThrownBy(() -> Gmres.Options.DEFAULT.withRestart(501)).hasMessage("Gmres.Options: restart is 501, expected 1 to 500");
        assertThatThrownBy(() -> new Gmres.Options(5, null, true))
                .hasMessage("Gmres.Options: a flexible method without a preconditioner, expected a preconditioner");
    }

    /** One cycle within another solver's step: the residual of the small problem is the true one, and no product is spent on it. */
    @Test
    void anInnerCycleStatesItsResidualWithoutAProduct() {
        int n = 30;
        try (Engine engine = Engines.best(1);
                Block w = Problems.random(Type.F64, n, n, 0.7 / Math.sqrt(n), 3);
                Weights t = engine.pack(w);
                Workspace workspace = new Workspace(engine, Type.F64, 3, n);
                Block rhs = Problems.random(Type.F64, 3, n, 1, 7);
                Block u = engine.allocate(Type.F64, 3, n);
                Block left = engine.allocate(Type.F64, 3, n)) {
            InnerGmres gmres = new InnerGmres(workspace, 12);
            assertThat(workspace.bytes()).isEqualTo(17 * u.bytes());
            LinearOperator operator = (x, out, rows) -> engine.applyTransposed(t, x, out);
            int[] limits = {12, 3, 12};
            Outcome outcome = gmres.solve(operator, rhs, u, new double[] {1e-9, 1e-9, 0.5}, limits);
            assertThat(outcome.evaluations(0)).isEqualTo(12);
            assertThat(outcome.status(0)).isEqualTo(Status.MAX_EVALUATIONS);
            assertThat(outcome.evaluations(1)).isEqualTo(3);
            assertThat(outcome.status(1)).isEqualTo(Status.MAX_EVALUATIONS);
            assertThat(outcome.status(2)).isEqualTo(Status.CONVERGED_RELATIVE);
            engine.applyTransposed(t, u, left);
            engine.axpby(-1, u, 1, left);
            engine.axpby(1, rhs, 1, left);
            double[] lengths = new double[3];
            double[] whole = new double[3];
            engine.norm(left, lengths);
            engine.norm(rhs, whole);
            for (int b = 0; b < 3; b++) {
                assertThat(outcome.residual(b)).isCloseTo(lengths[b] / whole[b], within(1e-12));
            }
            // The operator may end the cycle.
            limits[1] = 12;
            int[] calls = {0};
            outcome = gmres.solve((x, out, rows) -> {
                operator.apply(x, out, rows);
                if (++calls[0] == 2) {
                    limits[0] = 0;
                    limits[1] = 0;
                    limits[2] = 0;
                }
            }, rhs, rhs, new double[] {1e-9, 1e-9, 1e-9}, limits);
            assertThat(outcome.evaluations()).isEqualTo(2);
            assertThat(outcome.status(0)).isEqualTo(Status.MAX_EVALUATIONS);
        }
    }
}
