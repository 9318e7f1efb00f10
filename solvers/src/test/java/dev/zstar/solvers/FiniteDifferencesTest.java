package dev.zstar.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.FixedPoint;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Differences where the elements of a row differ in size, and at both ends of the range. */
class FiniteDifferencesTest {
    /** {@code (∂f_i/∂z_j)}, by vjp of unit vectors. */
    private static double[][] jacobian(Type type, UnaryOperator<double[]> f, int[] evaluations, double... z) {
        int n = z.length;
        double[][] jacobian = new double[n][];
        FixedPointMap map = FixedPointMap.rowwise((row, x, out) -> {
            evaluations[0]++;
            System.arraycopy(f.apply(x), 0, out, 0, n);
        });
        try (Engine engine = Engines.best(1);
                FiniteDifferences differences = new FiniteDifferences(engine, type, 1, n, map);
                Block point = Block.of(type, 1, n, z);
                Block u = Block.allocate(type, 1, n);
                Block out = Block.allocate(type, 1, n)) {
            Rows row = new Rows(1);
            differences.linearise(point, row);
            for (int i = 0; i < n; i++) {
                u.fill(0);
                u.set(0, i, 1);
                differences.vjp(u, out, row);
                jacobian[i] = out.toDoubles();
                differences.jvp(u, out, row);
                for (int k = 0; k < n; k++) {
                    double column = out.get(0, k);
                    assertThat(column).as("column %d of %s", i, type).isNotNaN();
                }
            }
        }
        return jacobian;
    }

    /** Element 1 does not know how large element 0 is. */
    @ParameterizedTest
    @ValueSource(doubles = {1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e8})
    void aLargeElementDoesNotSpoilASmallOne(double large) {
        UnaryOperator<double[]> f = v -> new double[] {0.5 * v[0] + large, 0.5 * Math.tanh(v[1]) + 0.1};
        double[][] j = jacobian(Type.F64, f, new int[1], 2 * large, 0.194);
        double slope = 0.5 / Math.pow(Math.cosh(0.194), 2);
        assertThat(j[1][1]).isCloseTo(slope, within(1e-8));
        assertThat(j[0][0]).isCloseTo(0.5, within(1e-8));
        assertThat(j[1][0]).isZero();
        FixedPoint.Solution found = FixedPoint.of(f::apply, 2).solve();
        double z = found.orThrow()[1];
        assertThat(found.adjoint(0, 1)[1]).isCloseTo(1 / (1 - 0.5 / Math.pow(Math.cosh(z), 2)), within(1e-6));
    }

    @Test
    void aDirectionIsShortenedToo() {
        UnaryOperator<double[]> f = v -> new double[] {0.5 * v[0], 0.9 * Math.sin(v[1])};
        FixedPointMap map = FixedPointMap.rowwise((row, x, out) -> System.arraycopy(f.apply(x), 0, out, 0, 2));
        try (Engine engine = Engines.best(1);
                FiniteDifferences differences = new FiniteDifferences(engine, Type.F64, 2, 2, map);
                Block z = Block.of(Type.F64, 2, 2, 1e7, 0.3, 1, 0.3);
                Block v = Block.of(Type.F64, 2, 2, 0, 2, 1, 2);
                Block out = Block.allocate(Type.F64, 2, 2)) {
            Rows rows = new Rows(2);
            differences.linearise(z, rows);
            differences.jvp(v, out, rows);
            assertThat(out.get(0, 1)).isCloseTo(1.8 * Math.cos(0.3), within(1e-7));
            assertThat(out.get(1, 1)).isCloseTo(1.8 * Math.cos(0.3), within(1e-7));
            assertThat(out.get(1, 0)).isCloseTo(0.5, within(1e-7));
        }
    }

    /** Elements of one size need no comparison, and a step that was found is kept until the next point. */
    @Test
    void comparisonsAreMadeOnceAndOnlyWhereNeeded() {
        int[] evaluations = new int[1];
        jacobian(Type.F64, v -> new double[] {Math.sin(v[0]), Math.cos(v[1])}, evaluations, 1, 1.5);
        assertThat(evaluations[0]).as("two vjp of 4 and two jvp of 2 to 4").isBetween(12, 16);
        int[] mixed = new int[1];
        jacobian(Type.F64, v -> new double[] {Math.sin(v[0]), Math.cos(v[1])}, mixed, 1e3, 1.5);
        assertThat(mixed[0]).isBetween(evaluations[0] + 1, 40);
    }

    @Test
    void derivativesAtTheEndsOfTheRange() {
        for (double z : new double[] {2e-320, 2e-316, 1e-310, 1e-300, 1e300, 1.7e308}) {
            assertThat(jacobian(Type.F64, v -> new double[] {0.5 * v[0]}, new int[1], z)[0][0]).as("%s", z)
                    .isCloseTo(0.5, within(1e-5));
        }
        for (double z : new double[] {2e-44, 2e-42, 1e-39, 1e-37, 1e37, 3.3e38}) {
            assertThat(jacobian(Type.F32, v -> new double[] {0.5 * v[0]}, new int[1], z)[0][0]).as("%s", z)
                    .isCloseTo(0.5, within(1e-3));
        }
        double[][] j = jacobian(Type.F64, v -> new double[] {-0.9 * v[0], 0.1 * v[1]}, new int[1], 1.7e308, 1.7e308);
        assertThat(j[0][0]).isCloseTo(-0.9, within(1e-8));
        assertThat(j[1][1]).isCloseTo(0.1, within(1e-8));
        assertThat(FixedPoint.of(v -> new double[] {0.5 * v[0] + 1e-320}, 1).solve().adjoint(1)[0]).isCloseTo(2, within(1e-3));
        assertThat(FixedPoint.of(v -> new double[] {0.5 * v[0] + 1e-316}, 1).solve().adjoint(1)[0]).isCloseTo(2, within(1e-5));
    }
}
