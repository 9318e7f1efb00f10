package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import org.junit.jupiter.api.Test;

/** Every kind of false status is found, and no true one is rejected. The map is {@code z/2}, whose residual is half the state. */
class StatusCheckTest {
    private final EvaluationLog log = new EvaluationLog();
    private Stopping stopping = Stopping.relative(1e-3).within(5);

    private void visit(double z, double value) {
        try (Block point = Block.of(Type.F64, 1, 1, z);
                Block out = Block.of(Type.F64, 1, 1, value)) {
            log.add(point, out, 0);
        }
    }

    private void halves(double... states) {
        for (double z : states) {
            visit(z, z / 2);
        }
    }

    private String of(Status status, double returned, double stated, int evaluations) {
        return of(status, returned, returned / 2, stated, evaluations);
    }

    private String of(Status status, double returned, double value, double stated, int evaluations) {
        RandomPlan plan = new RandomPlan(Type.F64, 1, 1, RandomPlan.ForwardMethod.PICARD, stopping, 0);
        double[] start = log.point(0);
        StatusCheck check = new StatusCheck(plan, stopping.relative(), log, start, new double[] {returned}, new double[] {value}, status,
                evaluations);
        return check.violation(stated);
    }

    @Test
    void aToleranceThatIsNotMetIsNoSuccess() {
        halves(4, 2, 1, 0.5, 0.25);
        assertThat(of(Status.CONVERGED_RELATIVE, 0.25, 1, 5)).isEqualTo("the relative tolerance is not met");
        assertThat(of(Status.CONVERGED_ABSOLUTE, 0.25, 1, 5)).isEqualTo("the absolute tolerance is not met");
        assertThat(of(Status.CONVERGED_STEP, 0.25, 1, 5)).isEqualTo("the last step is too long");
        assertThat(of(Status.COMPLETED_FIXED_STEPS, 0.25, 1, 5)).isEqualTo("the number of evaluations is not the fixed one");
        assertThat(of(Status.CONVERGED_AT_START, 4, 1, 1)).isEqualTo("no tolerance is met at the start");
        assertThat(of(Status.CONVERGED_AT_START, 2, 1, 1)).isEqualTo("a row that had converged at its start was changed");
        assertThat(of(Status.MAX_EVALUATIONS, 0.25, 1, 5)).isNull();
        stopping = stopping.orAbsolute(0.2).orStep(0.9);
        assertThat(of(Status.CONVERGED_ABSOLUTE, 0.25, 1, 5)).isNull();
        assertThat(of(Status.CONVERGED_STEP, 0.25, 1, 5)).isEqualTo("the last step is too long");
    }

    /** {@code ‖r‖ ≤ 10⁻³ u ‖z₀‖}: 2⁻⁵³ · 4 · 10⁻³ = 4.4 · 10⁻¹⁹. */
    @Test
    void anEquilibriumAtZeroIsReached() {
        halves(4, 8e-19);
        double stated = 4e-19 / (4 * 0x1p-53);
        assertThat(of(Status.MAX_EVALUATIONS, 8e-19, stated, 5)).isNull();
        assertThat(of(Status.CONVERGED_RELATIVE, 8e-19, stated, 2)).isEqualTo("the relative tolerance is not met");
        assertThat(of(Status.CONVERGED_RELATIVE, 8e-19, 0.5, 2)).isEqualTo("the relative tolerance is not met");
        assertThat(of(Status.MAX_EVALUATIONS, 8e-19, 0.5, 5)).isEqualTo("the stated residual is not that of the returned point");
    }

    @Test
    void theReturnedPointIsTheBestThatWasEvaluated() {
        halves(4, 2, 1, 2);
        stopping = stopping.within(4);
        assertThat(of(Status.MAX_EVALUATIONS, 1, 1, 4)).isNull();
        assertThat(of(Status.MAX_EVALUATIONS, 2, 1, 4)).isEqualTo("a failure did not return its best iterate");
        assertThat(of(Status.MAX_EVALUATIONS, Math.nextUp(1.0), 1, 4)).isEqualTo("the returned point was never evaluated");
        assertThat(of(Status.MAX_EVALUATIONS, Double.NaN, 1, 4)).isEqualTo("NaN or infinity was returned");
        assertThat(of(Status.MAX_EVALUATIONS, 1, 1, 3)).isEqualTo("the budget is not spent");
        assertThat(of(Status.MAX_EVALUATIONS, 1, 0.9, 4)).isEqualTo("the stated residual is not that of the returned point");
    }

    @Test
    void aStoppedRowReturnsItsLastIterate() {
        halves(4, 1, 2);
        assertThat(of(Status.STOPPED_BY_OBSERVER, 2, 1, 3)).isNull();
        assertThat(of(Status.STOPPED_BY_OBSERVER, 1, 1, 3)).isEqualTo("a stopped row did not return its last iterate");
        assertThat(of(Status.STOPPED_BY_OBSERVER, 2, 0.5, 3)).isEqualTo("the stated residual is not that of the returned point");
    }

    @Test
    void aFailureIsNoWorseThanItsStart() {
        halves(1, 4);
        assertThat(of(Status.CANCELLED, 4, 1, 2)).isEqualTo("a failure returned a point worse than its start");
        assertThat(of(Status.CANCELLED, 1, 1, 2)).isNull();
    }

    @Test
    void onlyWhatGrewAMillionfoldDiverged() {
        halves(1, 1e3, 3e6);
        assertThat(of(Status.DIVERGED, 1, 1, 3)).isNull();
        halves(2e6);
        assertThat(of(Status.DIVERGED, 1, 1, 4)).isEqualTo("diverged while the residual fell");
        halves(9e5);
        assertThat(of(Status.DIVERGED, 1, 1, 5)).isEqualTo("the residual did not grow a millionfold");
    }

    @Test
    void whoIsBlamedIsGuilty() {
        halves(1, 0.5);
        assertThat(of(Status.NONFINITE_INPUT, 0.5, 1, 2)).isEqualTo("a finite start is reported as not finite");
        assertThat(of(Status.NONFINITE_FUNCTION, 0.5, 1, 2)).isEqualTo("a finite map is reported as not finite");
        assertThat(of(Status.STAGNATED, 0.5, 1, 2)).isEqualTo("patience was not set");
        assertThat(of(Status.TIME_BUDGET, 0.5, 1, 2)).isEqualTo("there is no budget of time");
        assertThat(of(Status.MAX_ITERATIONS, 0.5, 1, 2)).isEqualTo("there is no budget of steps");
        visit(Double.NaN, Double.NaN);
        assertThat(of(Status.NONFINITE_FUNCTION, 0.5, 1, 3)).as("NaN for NaN").isEqualTo("a finite map is reported as not finite");
        visit(0.25, Double.POSITIVE_INFINITY);
        assertThat(of(Status.NONFINITE_FUNCTION, 0.5, 1, 4)).isNull();
    }

    @Test
    void aStartThatIsNotFiniteStaysAsItIs() {
        visit(Double.NaN, Double.NaN);
        assertThat(of(Status.NONFINITE_INPUT, Double.NaN, Double.NaN, 1)).isNull();
        assertThat(of(Status.NONFINITE_INPUT, 0, 0, 1)).isEqualTo("a start that is not finite was changed");
        assertThat(of(Status.NONFINITE_FUNCTION, Double.NaN, Double.NaN, 1)).isEqualTo("a start that is not finite has another status");
    }

    /** Norms of 10⁻³²⁰ or 10³⁰⁰ are compared as reliably as those near 1. */
    @Test
    void anyScaleIsSeen() {
        halves(1e300, 1e299);
        stopping = stopping.within(2);
        assertThat(of(Status.MAX_EVALUATIONS, 1e299, 1, 2)).isNull();
        assertThat(of(Status.MAX_EVALUATIONS, 1e300, 1, 2)).isEqualTo("a failure did not return its best iterate");
        assertThat(of(Status.CONVERGED_RELATIVE, 1e299, 1, 2)).isEqualTo("the relative tolerance is not met");
    }
}
