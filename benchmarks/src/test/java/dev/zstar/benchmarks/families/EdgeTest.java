package dev.zstar.benchmarks.families;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.benchmarks.families.Edge.Guard;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What must be true of the numbers at the edge of convergence. */
class EdgeTest {
    private static final Engine ENGINE = Engines.best(1);

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @Test
    void trainingPushesTheLipschitzConstantThroughOneUnlessSomethingHoldsIt() {
        List<Edge.Moment> none = Edge.push(ENGINE, Guard.NONE, 150, 50, 1);
        List<Edge.Moment> norm = Edge.push(ENGINE, Guard.SPECTRAL_NORM, 150, 50, 1);
        List<Edge.Moment> penalty = Edge.push(ENGINE, Guard.JACOBIAN_PENALTY, 150, 50, 1);
        assertThat(none.getFirst().lipschitz()).as("it begins within").isLessThan(1.2);
        assertThat(none.getLast().lipschitz()).isGreaterThan(1);
        assertThat(none.getLast().radius()).isGreaterThan(1);
        assertThat(none.getLast().plain()).as("plain steps stop converging").isEqualTo(-1);
        assertThat(none.getLast().accelerated()).as("the equilibrium is there").isPositive();
        assertThat(none.getLast().loss()).isLessThan(none.getFirst().loss());
        for (Edge.Moment moment : norm) {
            // The power iteration follows W with one step for each update.
            assertThat(moment.lipschitz()).isLessThan(1);
            assertThat(moment.plain()).isPositive();
        }
        assertThat(norm.getLast().loss()).as("the price of the bound").isGreaterThan(none.getLast().loss());
        assertThat(penalty.getLast().lipschitz()).isLessThan(none.getLast().lipschitz());
        assertThat(penalty.getLast().loss()).isGreaterThan(none.getLast().loss());
        for (List<Edge.Moment> moments : List.of(none, norm, penalty)) {
            for (Edge.Moment moment : moments) {
                assertThat(moment.radius()).isLessThanOrEqualTo(moment.lipschitz() * (1 + 1e-6));
            }
        }
    }

    @Test
    void theErrorOfAGradientIsAtMostTheToleranceOverTheDistanceToOne() {
        double[] radii = {0.5, 0.9, 0.99, 0.999};
        double[] tolerances = {1e-3, 1e-5, 1e-7};
        List<EdgeGradients.Noise> noise = EdgeGradients.noise(ENGINE, radii, tolerances, 1);
        for (EdgeGradients.Noise n : noise) {
            // (1 + e_z)(1 + e_v) - 1 with both errors at most (1 + ρ) τ / (1 - ρ).
            double each = (1 + n.radius()) * n.tolerance() / (1 - n.radius());
            assertThat(n.error()).as("%s", n).isLessThan((1 + each) * (1 + each) - 1);
        }
        for (int t = 0; t < 3; t++) {
            assertThat(noise.get(9 + t).error()).as("the same tolerance means more noise near 1").isGreaterThan(10 * noise.get(t).error());
        }
        for (int r = 0; r < 4; r++) {
            assertThat(noise.get(3 * r + 2).error()).isLessThan(noise.get(3 * r).error());
        }
    }

    @Test
    void aBackwardSolveThatEndsEarlyIsWorseTheEarlierItEnds() {
        List<EdgeGradients.Truncated> all = EdgeGradients.truncated(ENGINE, 0.95, new int[] {1, 2, 5, 10}, 1);
        assertThat(all.getFirst().error()).isLessThan(1e-9);
        assertThat(all.getFirst().cosine()).isCloseTo(1, within(1e-12));
        for (int i = 1; i + 1 < all.size(); i++) {
            // GMRES minimises the residual over growing spaces.
            assertThat(all.get(i + 1).residual()).isLessThan(all.get(i).residual());
        }
        assertThat(all.get(4).error()).isLessThan(0.3 * all.get(1).error());
        assertThat(all.get(4).cosine()).isGreaterThan(all.get(1).cosine());
        for (EdgeGradients.Truncated truncated : all) {
            // ‖v - v*‖ ≤ ‖(I - Jᵀ)⁻¹‖ ‖r‖, and ‖v*‖ ≥ ‖g‖ / (1 + ρ); ‖J‖ is at most 0.95, since tanh' is at most 1.
            assertThat(truncated.error()).isLessThanOrEqualTo(1.95 / 0.05 * truncated.residual() + 1e-12);
        }
    }

    @Test
    void startsMatterOnlyWhereTheMapDoesNotContract() {
        Edge.Basins contracting = Edge.basins(ENGINE, 0.9, 2, 12, 1);
        Edge.Basins bistable = Edge.basins(ENGINE, 2, 2, 12, 1);
        assertThat(contracting.converged()).isEqualTo(12);
        assertThat(contracting.distinct()).isEqualTo(1);
        assertThat(bistable.converged()).isEqualTo(12);
        assertThat(bistable.distinct()).as("two stable states of each element").isBetween(2, 4);
        assertThat(bistable.winner()).isBetween(0, 11);
        for (double[] z : bistable.equilibria()) {
            for (double element : z) {
                assertThat(Math.abs(element)).as("away from the unstable state near 0").isGreaterThan(0.5);
            }
        }
    }
}
