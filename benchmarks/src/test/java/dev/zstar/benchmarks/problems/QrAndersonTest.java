package dev.zstar.benchmarks.problems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Status;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Checks that the textbook's method has the properties that the textbook proves. */
class QrAndersonTest {
    /** {@code z ← A z + b} with A of Gaussian elements, not symmetric, of a norm about 0.9. */
    private static FixedPointMap linear(int n) {
        Random random = new Random(3);
        double[] a = random.doubles((long) n * n, -1, 1).map(x -> 0.9 * x / Math.sqrt(n)).toArray();
        return (z, out, rows) -> {
            for (int i = 0; i < n; i++) {
                double sum = 1;
                for (int j = 0; j < n; j++) {
                    sum += a[i * n + j] * z.get(0, j);
                }
                out.set(0, i, sum);
            }
        };
    }

    /** Walker and Ni 2011, theorem 2.2: after n + 1 evaluations GMRES would be done; the plain step from there is evaluated once more. */
    @Test
    void untruncatedItEndsAsGmresDoes() {
        for (int n = 1; n <= 12; n++) {
            QrAnderson.Ending found = new QrAnderson(n, 1e-10, 100).solve(linear(n), Type.F64, new double[n]);
            assertThat(found.status()).isEqualTo(Status.CONVERGED_RELATIVE);
            assertThat(found.evaluations()).as("n = %d", n).isLessThanOrEqualTo(n + 2);
        }
    }

    @Test
    void aWindowOfOneIsTheSecantMethodForOneUnknown() {
        double[] z = {1};
        QrAnderson.Ending found = new QrAnderson(5, 1e-15, 20).solve((in, out, rows) -> out.set(0, 0, Math.cos(in.get(0, 0))), Type.F64, z);
        double before = 1;
        double now = Math.cos(1);
        int evaluations = 2;
        while (Math.abs(Math.cos(now) - now) > 1e-15 * Math.cos(now)) {
            double next = now - (Math.cos(now) - now) * (now - before) / (Math.cos(now) - now - (Math.cos(before) - before));
            before = now;
            now = next;
            evaluations++;
        }
        assertThat(found.evaluations()).isEqualTo(evaluations);
        assertThat(z[0]).isCloseTo(0.7390851332151607, within(1e-15));
    }

    @Test
    void theLeastResidualIsAtRightAnglesToAllColumns() {
        Random random = new Random(5);
        double[][] a = new double[4][];
        for (int j = 0; j < 4; j++) {
            a[j] = random.doubles(9, -1, 1).toArray();
        }
        // Nearly dependent, so that normal equations would keep half of the digits at most.
        for (int i = 0; i < 9; i++) {
            a[3][i] = a[2][i] + 1e-7 * a[3][i];
        }
        double[] b = random.doubles(9, -1, 1).toArray();
        double[] γ = QrAnderson.leastSquares(a, 4, b);
        double[] rest = b.clone();
        for (int j = 0; j < 4; j++) {
            for (int i = 0; i < 9; i++) {
                rest[i] -= γ[j] * a[j][i];
            }
        }
        for (double[] column : a) {
            double dot = 0;
            for (int i = 0; i < 9; i++) {
                dot += column[i] * rest[i];
            }
            // γ is near 1e7, and so each product's rounding near 1e-9.
            assertThat(dot).isCloseTo(0, within(1e-8));
        }
    }

    @Test
    void singlePrecisionRoundsTheStateAlone() {
        double[] z = new double[8];
        QrAnderson.Ending found = new QrAnderson(8, 1e-6, 100).solve(linear(8), Type.F32, z);
        assertThat(found.status()).isEqualTo(Status.CONVERGED_RELATIVE);
        for (double x : z) {
            assertThat((double) (float) x).isEqualTo(x);
        }
    }

    @Test
    void everyEndHasItsName() {
        assertThat(end((z, out, rows) -> out.fill(3), 3)).isEqualTo(new QrAnderson.Ending(Status.CONVERGED_AT_START, 1, 0));
        assertThat(end((z, out, rows) -> out.fill(3), 1)).isEqualTo(new QrAnderson.Ending(Status.CONVERGED_RELATIVE, 2, 0));
        assertThat(end((z, out, rows) -> out.fill(z.get(0, 0) + 1), 0).status()).isEqualTo(Status.MAX_EVALUATIONS);
        assertThat(end((z, out, rows) -> out.fill(Math.exp(Math.exp(z.get(0, 0)))), 4).status()).isEqualTo(Status.NONFINITE_FUNCTION);
        assertThat(end((z, out, rows) -> out.fill(Double.NaN), 4).status()).isEqualTo(Status.NONFINITE_INPUT);
        assertThatThrownBy(() -> new QrAnderson(0, 1e-6, 10)).hasMessage("window 0; expected at least 1");
    }

    private static QrAnderson.Ending end(FixedPointMap f, double start) {
        return new QrAnderson(2, 1e-10, 30).solve(f, Type.F64, start);
    }
}
