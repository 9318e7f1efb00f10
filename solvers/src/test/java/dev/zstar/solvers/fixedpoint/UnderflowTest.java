package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.FixedPoint;
import dev.zstar.ForwardMethod;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A residual that is too small for its units, or for half of it to exist, is not 0. */
class UnderflowTest {
    private static final List<ForwardMethod> METHODS =
            List.of(ForwardMethod.ANDERSON, ForwardMethod.BROYDEN, ForwardMethod.NEWTON_KRYLOV, ForwardMethod.damped(1));

    /** Next to 8.5e307, the squares of the other element and of its residual underflow. */
    @Test
    void aSmallElementNextToAnEnormousOneIsNotTakenForSolved() {
        for (ForwardMethod method : METHODS) {
            for (double large : new double[] {1e300, 8.5e307}) {
                FixedPoint.Solution found = FixedPoint.of(v -> new double[] {large, Math.cos(v[1])}, 2).method(method)
                        .stopping(Stopping.relative(0).orAbsolute(1e-14).within(300)).solve();
                double[] z = found.z();
                double residual = Math.abs(Math.cos(z[1]) - z[1]);
                if (found.solved()) {
                    assertThat(residual).as("%s, %s", method, found.status()).isLessThanOrEqualTo(1e-14);
                } else {
                    assertThat(found.residual()).as("%s", method).isPositive();
                }
            }
        }
    }

    @Test
    void theSmallestNumberIsNotZero() {
        for (ForwardMethod method : METHODS) {
            FixedPoint.Solution found = FixedPoint.of(v -> new double[] {Double.MIN_VALUE}, 1).method(method).solve();
            assertThat(found.z()).as("%s: %s", method, found.status()).containsExactly(Double.MIN_VALUE);
            assertThat(found.status().isSuccess()).isTrue();
            assertThat(found.status()).isNotEqualTo(Status.CONVERGED_AT_START);
        }
    }
}
