package dev.zstar.benchmarks.problems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Status;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares the solution of each problem with one that was found independently of its map. */
class ProblemSetTest {
    static List<Problem> all() {
        return ProblemSet.all();
    }

    private static double[] solve(Problem problem) {
        double[] z = problem.start();
        QrAnderson.Ending found = new QrAnderson(5, 1e-12, 2000).solve(problem.map(), Type.F64, z);
        assertThat(found.status()).as("%s: residual %.2e", problem.name(), found.residual()).isEqualTo(Status.CONVERGED_RELATIVE);
        return z;
    }

    private static double[] iterate(Problem problem, int steps) {
        FixedPointMap f = problem.map();
        Rows one = new Rows(1);
        try (Block z = Block.of(Type.F64, 1, problem.n(), problem.start());
                Block out = Block.allocate(Type.F64, 1, problem.n())) {
            for (int k = 0; k < steps; k++) {
                f.apply(z, out, one);
                z.copyFrom(out);
            }
            return z.toDoubles();
        }
    }

    @Test
    void namesAreTheirOwn() {
        assertThat(all()).hasSizeGreaterThanOrEqualTo(27).extracting(Problem::name).doesNotHaveDuplicates();
        assertThat(all()).allSatisfy(problem -> assertThat(problem.source()).isNotBlank());
    }

    /**
     * Where the solution is known but for rounding it is a fixed point; where it also attracts, and where it is known less well, it is the
     * one that is found.
     */
    @ParameterizedTest
    @MethodSource("all")
    void theKnownSolutionIsTheOneThatIsFound(Problem problem) {
        double[] z = solve(problem);
        assertThat(problem.residual(z)).isLessThanOrEqualTo(1e-12);
        if (problem.solution().isEmpty()) {
            return;
        }
        double[] solution = problem.solution().orElseThrow();
        if (problem.accuracy() == 0) {
            assertThat(problem.residual(solution)).as("%s at its solution", problem.name()).isLessThan(1e-13);
        }
        if (problem.accuracy() > 0 || problem.radius(solution) < 1) {
            for (int i = 0; i < z.length; i++) {
                assertThat(z[i]).as("%s, element %d", problem.name(), i).isCloseTo(solution[i], within(problem.accuracy() + 1e-9));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aRowDependsOnItselfAlone(Type type) {
        for (Problem problem : all()) {
            FixedPointMap f = problem.map();
            int n = problem.n();
            Rows rows = new Rows(5);
            rows.place(0, 4);
            rows.place(1, 0);
            rows.place(2, 2);
            rows.truncate(3);
            try (Block alone = Block.of(type, 1, n, problem.start());
                    Block value = Block.allocate(type, 1, n);
                    Block z = Block.allocate(type, 3, n);
                    Block out = Block.allocate(type, 3, n)) {
                z.fill(Double.NaN);
                z.copyRow(alone, 0, 1);
                f.apply(alone, value, new Rows(1));
                f.apply(z, out, rows);
                assertThat(Arrays.copyOfRange(out.toDoubles(), n, 2 * n)).as(problem.name()).isEqualTo(value.toDoubles());
                assertThat(alone.toDoubles()).as(problem.name()).isEqualTo(rounded(type, problem.start()));
            }
        }
    }

    /** A tolerance of 1e-6 means nothing in f32 where the solution, rounded, has a larger residual. */
    @ParameterizedTest
    @MethodSource("all")
    void singlePrecisionResolvesTheTolerance(Problem problem) {
        assertThat(problem.residual(rounded(Type.F32, solve(problem)))).isLessThan(1e-6);
    }

    @ParameterizedTest
    @MethodSource("all")
    void aMapAllocatesNothing(Problem problem) {
        var counter = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        FixedPointMap f = problem.map();
        Rows one = new Rows(1);
        try (Block z = Block.of(Type.F64, 1, problem.n(), problem.start());
                Block out = Block.allocate(Type.F64, 1, problem.n())) {
            long bytes = Long.MAX_VALUE;
            for (int attempt = 0; attempt < 100_000 && bytes > 0; attempt++) {
                long before = counter.getCurrentThreadAllocatedBytes();
                f.apply(z, out, one);
                bytes = counter.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(bytes).as(problem.name()).isZero();
        }
    }

    private static double[] rounded(Type type, double... z) {
        return Arrays.stream(z).map(x -> type == Type.F32 ? (float) x : x).toArray();
    }

    // ---- solutions found another way

    @Test
    void broydensSystemsAreSolved() {
        double[] x = solve(Systems.broydenTridiagonal(100));
        for (int i = 0; i < 100; i++) {
            double sum = (3 - 2 * x[i]) * x[i] - (i == 0 ? 0 : x[i - 1]) - 2 * (i == 99 ? 0 : x[i + 1]) + 1;
            assertThat(sum).isCloseTo(0, within(1e-10));
        }
        assertThat(x[50]).as("far from both ends (3 - 2x) x - 3x + 1 = 0").isCloseTo(-Math.sqrt(0.5), within(1e-10));
        double[] y = solve(Systems.broydenBanded(100));
        double m = y[50];
        assertThat(5 * m * m * m - 6 * m * m - 4 * m + 1).as("far from both ends x (2 + 5x²) + 1 = 6x (1 + x)").isCloseTo(0, within(1e-10));
    }

    /** {@code ln H(μ) = -μ/π ∫₀^{π/2} ln(1 - c θ cot θ) / (cos²θ + μ² sin²θ) dθ}, and the mean, which the midpoint rule keeps exactly. */
    @Test
    void chandrasekharsFunctionHasItsValues() {
        for (double c : new double[] {0.5, 0.9, 0.99, 0.9999}) {
            // The discrete equation has a second solution, of the mean 2/c (1 + √(1 - c)); plain iteration is drawn to the first.
            double[] h = iterate(IntegralEquations.chandrasekhar(100, c), 2000);
            assertThat(Arrays.stream(h).average().orElseThrow()).isCloseTo(2 / c * (1 - Math.sqrt(1 - c)), within(1e-9));
            for (int i : new int[] {0, 30, 99}) {
                double μ = (i + 0.5) / 100;
                double integral = 0;
                int points = 200_000;
                for (int k = 0; k < points; k++) {
                    double θ = Math.PI / 2 * (k + 0.5) / points;
                    integral += Math.log(1 - c * θ / Math.tan(θ)) / (Math.pow(Math.cos(θ), 2) + Math.pow(μ * Math.sin(θ), 2));
                }
                double exact = Math.exp(-μ / Math.PI * integral * Math.PI / 2 / points);
                assertThat(h[i]).as("H(%s), c = %s", μ, c).isCloseTo(exact, within(3e-3));
            }
        }
    }

    @Test
    void bratusPlaneSolvesTheDifferenceEquationAndIsSymmetric() {
        int m = 15;
        for (double λ : new double[] {3, 6.5}) {
            double[] u = solve(Plane.bratu(m, λ));
            for (int i = 1; i < m - 1; i++) {
                for (int j = 1; j < m - 1; j++) {
                    double neighbours = u[(i - 1) * m + j] + u[(i + 1) * m + j] + u[i * m + j - 1] + u[i * m + j + 1];
                    double laplacian = (neighbours - 4 * u[i * m + j]) * 256;
                    assertThat(laplacian + λ * Math.exp(u[i * m + j])).isCloseTo(0, within(1e-8));
                    assertThat(u[i * m + j]).isCloseTo(u[j * m + i], within(1e-9)).isCloseTo(u[(m - 1 - i) * m + j], within(1e-9));
                }
            }
            assertThat(u[m / 2 * m + m / 2]).as("the lower solution, below the 1.39 of the turning point").isBetween(0.1, 1.39);
        }
    }

    /** {@code (u')² - 2 cosh(λ u)} is constant along the solution. */
    @Test
    void troeschsEnergyIsConstant() {
        int n = 60;
        double[] u = solve(BoundaryValues.troesch(n, 2));
        double[] energy = new double[n - 2];
        for (int i = 1; i < n - 1; i++) {
            double slope = (u[i + 1] - u[i - 1]) * (n + 1) / 2;
            energy[i - 1] = slope * slope - 2 * Math.cosh(2 * u[i]);
        }
        assertThat(energy).isNotEmpty();
        for (double e : energy) {
            assertThat(e).isCloseTo(energy[0], within(5e-3));
        }
    }

    @Test
    void pageRanksAreADistributionAndTheirRadiusIsTheDamping() {
        for (double α : new double[] {0.85, 0.99}) {
            Problem problem = Chains.pageRank(200, α);
            double[] p = solve(problem);
            assertThat(Arrays.stream(p).sum()).isCloseTo(1, within(1e-11));
            assertThat(p).doesNotContain(0);
            assertThat(Arrays.stream(p).min().orElseThrow()).isGreaterThan((1 - α) / 200);
            assertThat(problem.radius(p)).isCloseTo(α, within(1e-6));
        }
    }

    /** Both marginals of {@code diag(u) K diag(v)}: one by construction of v, the other only at the fixed point. */
    @Test
    void sinkhornMeetsBothMarginals() {
        int n = 40;
        double[] φ = solve(Chains.sinkhorn(n, 0.05));
        double[] column = new double[n];
        double[] again = new double[n];
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += kernel(i, j, n) * Math.exp(φ[i]);
            }
            column[j] = hump(j, 0.2, 0.8, n) / sum;
        }
        double total = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                again[i] += Math.exp(φ[i]) * kernel(i, j, n) * column[j];
            }
            total += again[i];
        }
        double all = 0;
        for (int i = 0; i < n; i++) {
            all += hump(i, 0.5, 0.5, n);
        }
        for (int i = 0; i < n; i++) {
            assertThat(again[i] / total).isCloseTo(hump(i, 0.5, 0.5, n) / all, within(1e-10));
        }
    }

    private static double kernel(int i, int j, int n) {
        return Math.exp(-Math.pow((i - j) / (n - 1.0), 2) / 0.05);
    }

    private static double hump(int i, double first, double second, int n) {
        double x = i / (n - 1.0);
        return 0.01 + Math.exp(-100 * (x - first) * (x - first)) + Math.exp(-100 * (x - second) * (x - second));
    }

    // ---- the radius

    @Test
    void theRadiusOfKnownMatrices() {
        assertThat(SpectralRadius.of(new double[] {0, -2, 2, 0}, 2)).as("eigenvalues ±2i").isCloseTo(2, within(1e-11));
        assertThat(SpectralRadius.of(new double[] {0.5, 100, 0, -0.25}, 2)).as("far from normal").isCloseTo(0.5, within(1e-6));
        assertThat(SpectralRadius.of(new double[] {0, 1, 0, 0}, 2)).as("nilpotent").isZero();
        assertThat(SpectralRadius.of(new double[] {3e-200, 0, 0, 1e-200}, 2)).isCloseTo(3e-200, within(1e-206));
    }

    @Test
    void theRadiusOfKnownMaps() {
        Problem jacobi = Plane.jacobi(15);
        assertThat(jacobi.radius(jacobi.start())).isCloseTo(Math.cos(Math.PI / 16), within(1e-8));
        Problem kepler = Systems.kepler(64, 0.9);
        assertThat(kepler.radius(kepler.solution().orElseThrow())).isCloseTo(0.9 * Math.cos(Math.PI / 65), within(1e-8));
        for (double radius : new double[] {0.5, 0.99, 1.2}) {
            List<Problem> cells = List.of(
                    Cells.tanh(64, true, radius), Cells.tanh(64, false, radius), Cells.relu(64, radius), Cells.normalised(64, radius));
            for (Problem cell : cells) {
                assertThat(cell.radius(cell.solution().orElseThrow())).as(cell.name()).isCloseTo(radius, within(1e-6));
            }
        }
    }
}
