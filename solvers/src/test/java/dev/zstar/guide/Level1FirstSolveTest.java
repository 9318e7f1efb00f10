package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.FixedPoint;
import dev.zstar.NotSolved;
import dev.zstar.solvers.Status;
import java.io.IOException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Page 1 of the guide: your own function, in arrays. */
class Level1FirstSolveTest {
    @Test
    void oneLine() {
        // guide
        double[] z = FixedPoint.solve(v -> new double[] {Math.cos(v[0])}, 1).orThrow();
        // end
        assertThat(z[0]).isCloseTo(0.7390851332151607, within(1e-10));
    }

    @Test
    void startAndTolerance() {
        // guide
        UnaryOperator<double[]> f = v -> new double[] {Math.cos(v[1]) / 2, Math.sin(v[0]) / 2 + 1};
        FixedPoint.Solution found = FixedPoint.of(f, 2).from(0.5, 1).tolerance(1e-6).solve();
        System.out.println(found);           // the evaluations, and the relative residual
        double[] z = found.z();
        // end
        assertThat(found.toString()).contains("solved in 7 evaluations", "6.84e-08");
        assertThat(z[0]).isCloseTo(f.apply(z)[0], within(1e-6));
        assertThat(z[1]).isCloseTo(f.apply(z)[1], within(1e-6));
    }

    @Test
    void failure() throws IOException {
        // guide
        FixedPoint.Solution failed = FixedPoint.solve(v -> new double[] {v[0] * v[0] + 1}, 1);
        if (!failed.solved()) {
            System.out.println(failed.status());           // MAX_EVALUATIONS
        }
        try {
            failed.orThrow();
        } catch (NotSolved e) {
            System.out.println(e.getMessage());            // the reasons, below
            // hide
            GuideTest.assertShown("1-first-solve.md", e.getMessage());
            // show
        }
        // end
        assertThat(failed.status()).isEqualTo(Status.MAX_EVALUATIONS);
    }

    @Test
    void gradient() {
        // guide
        double m = 1;
        double e = 0.3;
        FixedPoint kepler = FixedPoint.of(z -> new double[] {m + e * Math.sin(z[0])}, 1);
        FixedPoint.Solution found = kepler.solve();
        double anomaly = found.orThrow()[0];
        double v = found.adjoint(1)[0];      // (I - Jᵀ) v = ∂L/∂z, with L = z
        double byM = v;                      // ∂f/∂m = 1
        double byE = v * Math.sin(anomaly);  // ∂f/∂e = sin z
        // end
        assertThat(byM).isCloseTo(1 / (1 - e * Math.cos(anomaly)), within(1e-8));
        assertThat(byE).isCloseTo(Math.sin(anomaly) / (1 - e * Math.cos(anomaly)), within(1e-8));
        // guide
        FixedPoint exact = kepler.vjp((z, u) -> new double[] {e * Math.cos(z[0]) * u[0]});       // Jᵀ u at z
        // end
        assertThat(exact.solve().adjoint(1)[0]).isCloseTo(byM, within(1e-8));
    }
}
