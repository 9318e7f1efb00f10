package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;

/** The secant method for {@code z = cos z}, which several methods are in one dimension. */
final class SecantMethod {
    /** Six evaluations, with the point of each. */
    static final Stopping SIX_POINTS = Stopping.fixed(6).recording(1, 2, 3, 4, 5, 6);
    static final FixedPointMap COSINE = FixedPointMap.rowwise((row, z, out) -> out[0] = Math.cos(z[0]));

    private SecantMethod() {}

    /** From the third on each point is that of the secant through the two before it. */
    static void assertSteps(Outcome outcome, double tolerance) {
        for (int k = 2; k < 6; k++) {
            double z0 = outcome.state(k - 2).get(0, 0);
            double z1 = outcome.state(k - 1).get(0, 0);
            double r0 = Math.cos(z0) - z0;
            double r1 = Math.cos(z1) - z1;
            assertThat(outcome.state(k).get(0, 0)).isCloseTo(z1 - r1 * (z1 - z0) / (r1 - r0), within(tolerance));
        }
    }
}
