package dev.zstar.solvers.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.solvers.internal.SymmetricEigen;
import org.junit.jupiter.api.Test;

/** Eigenvalues of small matrices at every scale. */
class EigenvaluesTest {
    @Test
    void eigenvaluesHaveTheScaleOfTheirMatrix() {
        double[][] h = {{1, 2, 3}, {1, 0.5, -1}, {0, 2, 0.25}};
        var expected = Hessenberg.eigenvalues(h, 3, 0);
        for (int exponent : new int[] {-1020, -700, 600, 1000}) {
            double[][] scaled = new double[3][3];
            double[] a = {2, 1, 0, 1, 3, 1e-3, 0, 1e-3, 1};
            for (int i = 0; i < 9; i++) {
                scaled[i / 3][i % 3] = Math.scalb(h[i / 3][i % 3], exponent);
                a[i] = Math.scalb(a[i], exponent);
            }
            var found = Hessenberg.eigenvalues(scaled, 3, 0);
            assertThat(found).hasSameSizeAs(expected);
            for (int i = 0; i < found.size(); i++) {
                assertThat(Math.scalb(found.get(i).re(), -exponent)).isCloseTo(expected.get(i).re(), within(1e-12));
                assertThat(Math.scalb(found.get(i).im(), -exponent)).isCloseTo(expected.get(i).im(), within(1e-12));
            }
            double[] q = new double[9];
            SymmetricEigen.decompose(a, q, 3);
            double sum = 0;
            double[] least = {Double.POSITIVE_INFINITY};
            for (int i = 0; i < 3; i++) {
                sum += Math.scalb(a[i * 3 + i], -exponent);
                least[0] = Math.min(least[0], Math.scalb(a[i * 3 + i], -exponent));
            }
            assertThat(sum).isCloseTo(6, within(1e-12));
            assertThat(least[0]).as("the least eigenvalue of (2, 1; 1, 3; 1)").isCloseTo(1, within(1e-5));
        }
    }
}
