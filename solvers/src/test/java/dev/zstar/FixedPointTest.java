package dev.zstar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import org.junit.jupiter.api.Test;

/** A problem of one's own, in arrays. */
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
    void failureThrowsWithTheReason() {
        FixedPoint.Solution lost = FixedPoint.of(v -> new double[] {v[0] + 1}, 1).stopping(Stopping.relative(1e-10).within(30)).solve();
        assertThat(lost.solved()).isFalse();
        assertThat(lost.status()).isNotEqualTo(Status.CONVERGED_RELATIVE);
        assertThat(lost.reasons()).isNotEmpty();
        assertThatThrownBy(lost::orThrow).isInstanceOfSatisfying(NotSolved.class, e -> assertThat(e.rows()).containsExactly(0))
                .hasMessage(String.join(" ", lost.reasons()));
        assertThatThrownBy(() -> lost.adjoint(1)).isInstanceOf(NotSolved.class);
        assertThat(lost.toString()).isEqualTo(String.join(" ", lost.reasons()));
    }

    @Test
    void wrongUseIsOneSentence() {
        assertThatThrownBy(() -> FixedPoint.of(v -> v, 0)).hasMessage("fixed point: n is 0, expected at least 1");
        assertThatThrownBy(() -> FixedPoint.of(null, 1)).hasMessage("fixed point: the function is null");
        assertThatThrownBy(() -> FixedPoint.of(v -> v, 2).from(1)).hasMessage("fixed point: a start of 1 numbers, expected 2");
        assertThatThrownBy(() -> FixedPoint.solve(v -> new double[3], 2)).hasMessage("fixed point: f returned 3 numbers, expected 2");
        assertThatThrownBy(() -> FixedPoint.solve(v -> null, 2)).hasMessage("fixed point: what f returned is null");
        assertThatThrownBy(() -> FixedPoint.solve(v -> new double[1], 1).adjoint(1, 2))
                .hasMessage("adjoint: a gradient of 2 numbers, expected 1");
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
}
