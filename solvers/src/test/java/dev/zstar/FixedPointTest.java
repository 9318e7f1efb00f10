package dev.zstar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.exits.SmallResidual;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A problem of your own, in arrays. */
class FixedPointTest {
    @Test
    void oneLineSolves() {
        assertThat(FixedPoint.solve(v -> new double[] {Math.cos(v[0])}, 1).orThrow()[0]).isCloseTo(0.7390851332151607, within(1e-10));
    }

    @Test
    void startToleranceAndBudgetAreTaken() {
        FixedPoint root = FixedPoint.of(v -> new double[] {0.5 * (v[0] + 2 / v[0])}, 1).from(-1).tolerance(1e-6);
        FixedPoint.Solution found = root.solve();
        assertThat(found.solved()).isTrue();
        assertThat(found.z()[0]).isCloseTo(-Math.sqrt(2), within(1e-6));
        assertThat(found.residual()).isLessThanOrEqualTo(1e-6);
        assertThat(found.evaluations()).isBetween(3, 10);
        assertThat(found).hasToString("solved in " + found.evaluations() + " evaluations, residual "
                + String.format(java.util.Locale.ROOT, "%.2e", found.residual()));
    }

    /** z = a cos z has dz/da = cos z / (1 + a sin z). */
    @Test
    void theAdjointGivesTheGradientByDifferencesAndByHand() {
        double a = 0.8;
        FixedPoint byDifferences = FixedPoint.of(v -> new double[] {a * Math.cos(v[0])}, 1);
        FixedPoint byHand = byDifferences.vjp((z, u) -> new double[] {-a * Math.sin(z[0]) * u[0]});
        for (FixedPoint problem : new FixedPoint[] {byDifferences, byHand}) {
            FixedPoint.Solution found = problem.solve();
            double z = found.orThrow()[0];
            double u = found.adjoint(3)[0];
            assertThat(u * Math.cos(z)).isCloseTo(3 * Math.cos(z) / (1 + a * Math.sin(z)), within(1e-6));
        }
    }

    @Test
    void theAdjointIsOfTheTranspose() {
        double[][] m = {{0.2, 0.5}, {-0.1, 0.3}};
        FixedPoint.Solution found = FixedPoint.solve(
                v -> new double[] {m[0][0] * v[0] + m[0][1] * v[1] + 1, m[1][0] * v[0] + m[1][1] * v[1] + 2}, 2);
        double[] u = found.adjoint(1, -1);
        // u - Mᵀ u = (1, -1)
        assertThat(u[0] - m[0][0] * u[0] - m[1][0] * u[1]).isCloseTo(1, within(1e-7));
        assertThat(u[1] - m[0][1] * u[0] - m[1][1] * u[1]).isCloseTo(-1, within(1e-7));
    }

    @Test
    void observersWatchStopAndCancel() {
        FixedPoint cosine = FixedPoint.of(v -> new double[] {Math.cos(v[0])}, 1);
        List<Double> seen = new ArrayList<>();
        FixedPoint.Solution whole = cosine.observer((progress, z, rows) -> {
            // The row that has converged is no longer in z.
            if (rows.count() == 1) {
                seen.add(z.get(0, 0));
            }
            return true;
        }).solve();
        assertThat(seen).hasSize(whole.evaluations() - 1).startsWith(0.0, 1.0);
        assertThat(whole.z()).isEqualTo(cosine.solve().z());
        FixedPoint.Solution early = cosine.observer(new SmallResidual(0.1)).tolerance(1e-9).solve();
        assertThat(early.status()).isEqualTo(Status.STOPPED_BY_OBSERVER);
        assertThat(early.solved()).isTrue();
        assertThat(early.residual()).isBetween(1e-9, 0.1);
        FixedPoint.Solution cancelled = cosine.observer((progress, z, rows) -> progress.evaluations() < 3).solve();
        assertThat(cancelled.status()).isEqualTo(Status.CANCELLED);
        assertThat(cancelled.evaluations()).isEqualTo(3);
        assertThatThrownBy(cancelled::orThrow).isInstanceOf(NotSolved.class).hasMessageContaining("CANCELLED");
        assertThatThrownBy(() -> cosine.observer(null)).isInstanceOf(NullPointerException.class)
                .hasMessage("fixed point: the observer is null");
    }

    @Test
    void failureThrowsWithTheReason() {
        FixedPoint.Solution lost = FixedPoint.of(v -> new double[] {v[0] + 1}, 1).stopping(Stopping.relative(1e-10).within(30)).solve();
        assertThat(lost.solved()).isFalse();
        assertThat(lost.status()).isEqualTo(Status.MAX_EVALUATIONS);
        assertThat(lost.reasons().getLast()).isEqualTo("To try another method, call .method(ForwardMethod.BROYDEN) "
                + "or .method(ForwardMethod.NEWTON_KRYLOV).");
        assertThat(FixedPoint.of(v -> v, 1).from(Double.NaN).solve().reasons()).as("no method helps").hasSize(1);
        assertThatThrownBy(lost::orThrow).isInstanceOfSatisfying(NotSolved.class, e -> assertThat(e.rows()).containsExactly(0))
                .hasMessage(String.join(" ", lost.reasons()));
        assertThatThrownBy(() -> lost.adjoint(1)).isInstanceOf(NotSolved.class);
        assertThat(lost.toString()).isEqualTo(String.join(" ", lost.reasons()));
    }

    @Test
    void wrongUseIsOneSentence() {
        assertThatThrownBy(() -> FixedPoint.of(v -> v, 0)).hasMessage("fixed point: n is 0, expected at least 1");
        assertThatThrownBy(() -> FixedPoint.of(v -> v, 1).tolerance(-1))
                .hasMessage("fixed point: the relative tolerance is -1.0, expected 0 ≤ tolerance < 1");
        assertThatThrownBy(() -> FixedPoint.of(null, 1)).hasMessage("fixed point: the function is null");
        assertThatThrownBy(() -> FixedPoint.of(v -> v, 2).from(1)).hasMessage("fixed point: the start has length 1, expected 2");
        assertThatThrownBy(() -> FixedPoint.solve(v -> new double[3], 2))
                .hasMessage("fixed point: the result of f has length 3, expected 2");
        assertThatThrownBy(() -> FixedPoint.solve(v -> null, 2)).hasMessage("fixed point: the result of f is null");
        assertThatThrownBy(() -> FixedPoint.solve(v -> new double[1], 1).adjoint(1, 2))
                .hasMessage("adjoint: the gradient has length 2, expected 1");
    }

    @Test
    void anExceptionOfTheFunctionComesOutAndNothingStays() {
        long before = Block.liveBytes();
        IllegalStateException own = new IllegalStateException("mine");
        assertThatThrownBy(() -> FixedPoint.solve(v -> {
            throw own;
        }, 3)).isSameAs(own);
        FixedPoint.solve(v -> new double[3], 3).orThrow();
        assertThat(Block.liveBytes()).isEqualTo(before);
    }

    @Test
    void anotherMethodIsTaken() {
        FixedPoint problem = FixedPoint.of(v -> new double[] {2 * v[0] + 1}, 1);
        for (ForwardMethod method : new ForwardMethod[] {ForwardMethod.ANDERSON, ForwardMethod.BROYDEN, ForwardMethod.NEWTON_KRYLOV}) {
            assertThat(problem.method(method).solve().orThrow()[0]).isCloseTo(-1, within(1e-8));
        }
        assertThat(problem.method(ForwardMethod.damped(1)).stopping(Stopping.relative(1e-6).within(20)).solve().solved()).isFalse();
        FixedPoint reverses = FixedPoint.of(v -> new double[] {4 - 3 * v[0]}, 1).stopping(Stopping.relative(1e-6).within(99));
        FixedPoint.Solution lost = reverses.method(ForwardMethod.damped(1)).solve();
        assertThat(lost.solved()).isFalse();
        assertThat(lost.reasons().getLast()).isEqualTo("To try another method, call .method(ForwardMethod.damped(β)), "
                + ".method(ForwardMethod.BROYDEN), .method(ForwardMethod.NEWTON_KRYLOV) or .method(ForwardMethod.ANDERSON).");
        assertThat(reverses.method(ForwardMethod.damped(0.3)).solve().orThrow()[0]).isCloseTo(1, within(1e-5));
        assertThatThrownBy(() -> ForwardMethod.damped(2)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Each setting changes what it names; where two contradict each other, the later one counts. */
    @Test
    void aToleranceKeepsTheOtherRules() {
        Stopping rules = new Stopping(1e-3, 1e-5, 1e-4, 77, 66, 1L << 50, 5, false, true, true, java.util.List.of(2, 3));
        assertThat(FixedPoint.withTolerance("test", rules, 1e-8))
                .isEqualTo(new Stopping(1e-8, 1e-5, 1e-4, 77, 66, 1L << 50, 5, false, true, true, java.util.List.of(2, 3)));
        FixedPoint problem = FixedPoint.of(v -> new double[] {0.5 * v[0] + 1}, 1).method(ForwardMethod.damped(1));
        // The absolute tolerance of 0.1 still ends it.
        assertThat(problem.stopping(Stopping.relative(1e-3).orAbsolute(0.1)).tolerance(1e-12).solve().status())
                .isEqualTo(Status.CONVERGED_ABSOLUTE);
        assertThat(problem.stopping(Stopping.relative(1e-3).within(3)).tolerance(1e-12).solve().evaluations()).isEqualTo(3);
        assertThat(problem.stopping(Stopping.fixed(60)).tolerance(1e-6).solve().status()).isEqualTo(Status.CONVERGED_RELATIVE);
        assertThat(problem.tolerance(1e-6).stopping(Stopping.fixed(3)).solve().status()).isEqualTo(Status.COMPLETED_FIXED_STEPS);
    }

    /** Where no relative tolerance was given, the adjoint has the default one. */
    @Test
    void theAdjointNeedsNoRelativeTolerance() {
        FixedPoint problem = FixedPoint.of(v -> new double[] {0.5 * v[0] + 1, 0.25 * v[1] + v[0]}, 2).vjp((z, u) -> new double[] {
            0.5 * u[0] + u[1], 0.25 * u[1]});
        for (Stopping stopping : new Stopping[] {Stopping.relative(0).orAbsolute(1e-9), Stopping.fixed(80)}) {
            double[] u = problem.stopping(stopping).solve().adjoint(1, 1);
            assertThat(u[1]).isCloseTo(4.0 / 3, within(1e-8));
            assertThat(u[0]).isCloseTo(2 * (1 + 4.0 / 3), within(1e-8));
        }
    }

    @Test
    void anAdjointThatFailsSaysWhy() {
        // J is 1 at the solution 0, so I - J is singular there.
        FixedPoint.Solution found = FixedPoint.of(v -> new double[] {v[0] - v[0] * v[0] * v[0]}, 1)
                .vjp((z, u) -> new double[] {u[0]}).solve();
        assertThatThrownBy(() -> found.adjoint(1)).isInstanceOf(NotSolved.class)
                .hasMessageMatching("adjoint: \\(I - Jᵀ\\) u = g was not solved to a relative residual of 1\\.0E-10\\. The solve ended "
                        + "with [A-Z_]+ \\([^)]+\\) after \\d+ products? with Jᵀ.*\\.");
        assertThatThrownBy(() -> found.adjoint(Double.NaN)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("adjoint: element 0 of the gradient is NaN, expected a finite number");
    }

    /** The diagnosis evaluates f where the solve did not. What f throws there is a reason, and the outcome stays. */
    @Test
    void anExceptionAfterTheSolveIsAReason() {
        long before = Block.liveBytes();
        int[] calls = {0};
        FixedPoint.Solution lost = FixedPoint.of(v -> {
            if (++calls[0] > 30) {
                throw new ArithmeticException("outside");
            }
            return new double[] {v[0] + 1};
        }, 1).stopping(Stopping.relative(1e-10).within(30)).method(ForwardMethod.damped(1)).solve();
        assertThat(lost.status()).isEqualTo(Status.MAX_EVALUATIONS);
        assertThat(lost.reasons()).hasSize(3);
        assertThat(lost.reasons().get(1)).endsWith("java.lang.ArithmeticException: outside.");
        assertThat(Block.liveBytes()).isEqualTo(before);
    }

    @Test
    void oneEvaluationIsSingular() {
        assertThat(FixedPoint.solve(v -> new double[1], 1)).asString().startsWith("solved in 1 evaluation, residual ");
    }
}
