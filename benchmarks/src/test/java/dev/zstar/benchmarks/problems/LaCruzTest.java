package dev.zstar.benchmarks.problems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the systems with their sources. The values at the start were computed in another language from the formulas, with 40 digits.
 */
class LaCruzTest {
    static List<Root> all() {
        return LaCruz.all();
    }

    /** ‖F‖ at the start, and the first two equations and the last. */
    static Stream<Arguments> starts() {
        return Stream.of(
                Arguments.of("exponential 1", 0.04280554461342, 0.01709360438644, 0.0002889036881286, 0.008667110643858),
                Arguments.of("exponential 2", 0.01509683348174, 0.0002778163615972, 0.000111118827875, 0.00333356483625),
                Arguments.of("exponential 3", 0.0001041657624669, -1.162840194938e-18, -3.721088605855e-17, 0.0001041657624474),
                Arguments.of("mixed diagonal", 11.76571289808, -2.2, 1.04, -1.0),
                Arguments.of("extended Rosenbrock", 1314.716699521, -240.0, -4.0, -4.0),
                Arguments.of("badly scaled augmented Powell", 800.5390716491, 179.0, -0.001099484936645, 1.462962962963),
                Arguments.of("trigonometric", 0.07037630510359, 0.01582668701334, 0.01555291188644, -0.0003260454734443),
                Arguments.of("singular", 90.45410131356, 0.8333333333333, 0.6666666666667, 19.5),
                Arguments.of("logarithmic", 5.239995528685, 0.6764805138933, 0.6764805138933, 0.6764805138933),
                Arguments.of("structured Jacobian", 12.20655561573, -2.5, -1.5, -3.5),
                Arguments.of("strictly convex 1", 6.853253522252, 0.01680633038626, 0.03389511351357, 1.718281828459),
                Arguments.of("strictly convex 2", 46.68227363196, 0.1718281828459, 0.3436563656918, 10.30969097075),
                Arguments.of("function 18", 10.0, -1.0, -2.0, 0),
                Arguments.of("function 21", 6.324555320337, -1.0, -1.0, 0),
                Arguments.of("zero Jacobian", 2500.001658333, 2500.000552778, -0.1666666666667, -0.1666666666667),
                Arguments.of("function 27", 10000.00001366, 10000.00000455, -0.05555555555556, -0.05555555555556),
                Arguments.of("geometric programming", 6.324555320337, 2.0, 2.0, 2.0),
                Arguments.of("linear, full rank", 15.49193338483, -2.0, -2.0, -2.0),
                Arguments.of("penalty I", 0.2228114410698, -0.002108185106779, -0.002108185106779, -0.2222222222222),
                Arguments.of("variably dimensioned", 1236878.122507, -0.01666666666667, -0.03333333333333, 1236877.6225),
                Arguments.of("three-dimensional valley", 120.6693004081, -4.237576402226, -2.431975046921, -26.53643620864),
                Arguments.of("complementarity", 3.216578097718, -0.3577626306134, -0.4657091962022, -0.4657091962022),
                Arguments.of("Hanbook", 3.887510080641, 0.5018753933512, 0.5018753933512, 0.5018753933512),
                Arguments.of("tridiagonal system", 93520.51469063, -528.0, 12166.0, 12694.0),
                Arguments.of("five-diagonal system", 964.8813398548, -30.0, -132.0, -96.0),
                Arguments.of("seven-diagonal system", 2633.468435353, -72.0, -359.0, -272.0),
                Arguments.of("extended Freudenstein and Roth", 161.1831256677, 5.0, -29.0, -29.0),
                Arguments.of("extended Cragg and Levy", 4.358065817463, 0.5159287850945, 0, 1.0),
                Arguments.of("extended Wood", 219.1574776274, -1.0, -40.0, -40.0),
                Arguments.of("tridiagonal exponential", 9.380640682464, -1.21499711674, -1.210898666182, -1.21499711674),
                Arguments.of("Brent", 425.7346591482, -275.0, 0, 325.0),
                Arguments.of("trigonometric system", 0.1307599215818, -0.01611035237685, -0.01611035237685, -0.01763809478973),
                Arguments.of("countercurrent reactors", 7.588425396616, 0.17, -0.88, -2.28),
                Arguments.of("singular Broyden", 12.44989959799, 4.0, 1.0, 9.0),
                Arguments.of("extended Powell singular", 56.789083458, -7.0, -2.2360679775, 12.64911064067));
    }

    private static Root find(String name) {
        return all().stream().filter(root -> root.name().equals(name)).findFirst().orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("starts")
    void valuesAtTheStart(String name, double length, double first, double second, double last) {
        Root root = find(name);
        double[] value = root.at(root.start());
        // Values that are small compared with the others have the rounding errors of those.
        double rounding = 1e-12 * length;
        assertThat(Norm.of(value)).isCloseTo(length, within(10 * rounding));
        assertThat(value[0]).isCloseTo(first, within(rounding));
        assertThat(value[1]).isCloseTo(second, within(rounding));
        assertThat(value[value.length - 1]).isCloseTo(last, within(rounding));
    }

    @Test
    void everyStartIsChecked() {
        List<String> names = all().stream().map(Root::name).toList();
        assertThat(starts().map(start -> (String) start.get()[0])).containsExactlyInAnyOrderElementsOf(names);
    }

    /**
     * F is 0 at a published or closed-form solution. Brent's solution is that of the differential equation, and has a discretisation error.
     */
    @ParameterizedTest
    @MethodSource("all")
    void theKnownSolutionIsARoot(Root root) {
        if (root.solution() == null) {
            assertThat(root.name()).isIn(
                    "structured Jacobian", "tridiagonal exponential", "seven-diagonal system", "countercurrent reactors",
                            "singular Broyden");
            return;
        }
        double value = Norm.of(root.at(root.solution()));
        if (root.accuracy() == 0) {
            assertThat(value).as(root.name()).isLessThan(1e-13 * (1 + Norm.of(root.at(root.start()))));
        } else {
            assertThat(value).as(root.name()).isLessThan(1e-3 * Norm.of(root.at(root.start())));
        }
        double[] moved = root.solution().clone();
        moved[0] += 0.5;
        assertThat(Norm.of(root.at(moved))).as("%s, elsewhere", root.name()).isGreaterThan(1e-3);
    }

    /** {@code x - F(x) / s}: at the start, f differs from x by F / s. */
    @ParameterizedTest
    @MethodSource("all")
    void theFixedPointFormHasTheSameSolutions(Root root) {
        Problem problem = root.problem();
        assertThat(problem.start()).isEqualTo(root.start());
        assertThat(problem.source()).contains("; s = ");
        double residual = problem.residual(root.start());
        double[] value = root.at(root.start());
        double[] f = root.start().clone();
        for (int i = 0; i < f.length; i++) {
            f[i] -= value[i] / root.scale();
        }
        assertThat(residual).isCloseTo(Norm.of(value) / Math.abs(root.scale()) / Norm.of(f), within(1e-9 * residual));
        if (root.solution() != null && root.accuracy() == 0) {
            assertThat(problem.residual(root.solution())).isLessThan(1e-12);
        }
    }

    @Test
    void singularRootsAreSingular() {
        for (Root root : all()) {
            if (!root.regular() && root.solution() != null) {
                assertThat(pivots(root)).as(root.name()).isLessThan(1e-8);
            }
        }
        for (Root root : LaCruz.comparableZeros()) {
            assertThat(pivots(root)).as(root.name()).isGreaterThan(1e-3);
        }
    }

    /**
     * The last pivot of the Jacobian at the solution, relative to the first or to 1, with complete pivoting; 0 if the Jacobian is singular.
     * The Jacobian comes from differences.
     */
    private static double pivots(Root root) {
        int n = root.start().length;
        double[][] j = new double[n][];
        for (int k = 0; k < n; k++) {
            double[] above = root.solution().clone();
            double[] below = root.solution().clone();
            above[k] += 1e-6;
            below[k] -= 1e-6;
            j[k] = root.at(above);
            double[] other = root.at(below);
            for (int i = 0; i < n; i++) {
                j[k][i] = (j[k][i] - other[i]) / 2e-6;
            }
        }
        double first = 0;
        double last = 0;
        for (int k = 0; k < n; k++) {
            int row = k;
            int column = k;
            for (int i = k; i < n; i++) {
                for (int l = k; l < n; l++) {
                    if (Math.abs(j[i][l]) > Math.abs(j[row][column])) {
                        row = i;
                        column = l;
                    }
                }
            }
            double[] pivot = j[row];
            j[row] = j[k];
            j[k] = pivot;
            last = Math.abs(pivot[column]);
            first = k == 0 ? last : first;
            if (last == 0) {
                return 0;
            }
            for (int i = 0; i < n; i++) {
                double kept = j[i][k];
                j[i][k] = j[i][column];
                j[i][column] = kept;
            }
            for (int i = k + 1; i < n; i++) {
                double factor = j[i][k] / pivot[k];
                for (int l = k; l < n; l++) {
                    j[i][l] -= factor * pivot[l];
                }
            }
        }
        return last / Math.max(first, 1);
    }
}
