package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The iterates that the page shows in three dimensions, and their principal components. */
class TrajectorySuiteTest {
    private static final StudyProgress SILENT = new StudyProgress() {
        @Override
        public void stage(String name, int steps) {}

        @Override
        public void step(String detail) {}
    };

    @Test
    void everySolverGoesFromOneStartToTheFixedPoint() {
        List<Trajectory> found = new ArrayList<>();
        TrajectorySuite.run(SILENT, found);
        assertThat(found).extracting(Trajectory::solver).containsExactly("picard", "anderson(5)", "broyden");
        for (Trajectory one : found) {
            assertThat(one.coordinates()).hasSameSizeAs(one.distances()).allMatch(c -> c.size() == 3);
            assertThat(one.distances().getFirst()).isEqualTo(found.getFirst().distances().getFirst());
            assertThat(one.coordinates().getFirst()).isEqualTo(found.getFirst().coordinates().getFirst());
            assertThat(one.distances().getLast()).isLessThan(1e-8 * one.distances().getFirst());
            assertThat(one.share()).isBetween(0.0, 1.0);
            for (int k = 0; k < one.distances().size(); k++) {
                double inside = Math.sqrt(one.coordinates().get(k).stream().mapToDouble(x -> x * x).sum());
                assertThat(inside).as("a projection is no longer").isLessThanOrEqualTo(one.distances().get(k) * (1 + 1e-12));
            }
        }
        assertThat(found.get(1).distances()).as("acceleration saves evaluations").hasSizeLessThan(found.getFirst().distances().size());
    }

    @Test
    void lengthsBecomeLogarithms() {
        assertThat(TrajectorySuite.scaled(new double[] {3, 4}, 5e-4, Math.log(1e8))).containsExactly(
                new double[] {0.6 * 0.5, 0.8 * 0.5}, within(1e-15));
        assertThat(TrajectorySuite.scaled(new double[] {0, 0}, 1, 1)).containsExactly(0, 0);
    }

    @Test
    void componentsAreTheAxesOfAnEllipsoid() {
        // Points on three known orthogonal axes of R⁵, of different lengths.
        double[][] axes = {{0.6, 0.8, 0, 0, 0}, {0, 0, 1, 0, 0}, {0.8, -0.6, 0, 0, 0}};
        double[] lengths = {1, 3, 2};
        List<double[]> points = new ArrayList<>();
        Random random = new Random(1);
        for (int i = 0; i < 60; i++) {
            double[] point = new double[5];
            double scale = lengths[i % 3] * (random.nextBoolean() ? 1 : -1);
            for (int k = 0; k < 5; k++) {
                point[k] = scale * axes[i % 3][k];
            }
            points.add(point);
        }
        double[][] found = PrincipalComponents.of(points, 3);
        for (int i = 0; i < 3; i++) {
            double[] expected = axes[new int[] {1, 2, 0}[i]];
            double dot = 0;
            for (int k = 0; k < 5; k++) {
                dot += found[i][k] * expected[k];
            }
            assertThat(Math.abs(dot)).as("component %d", i).isCloseTo(1, within(1e-14));
        }
    }

    @Test
    void componentsOfRandomPointsAreOrthonormalAndOrdered() {
        Random random = new Random(2);
        List<double[]> points = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            points.add(random.doubles(40, -1, 1).toArray());
        }
        double[][] found = PrincipalComponents.of(points, 40);
        double[] spread = new double[40];
        for (int i = 0; i < 40; i++) {
            for (int j = 0; j < 40; j++) {
                double dot = 0;
                for (int k = 0; k < 40; k++) {
                    dot += found[i][k] * found[j][k];
                }
                assertThat(dot).isCloseTo(i == j ? 1 : 0, within(1e-13));
            }
            for (double[] point : points) {
                double dot = 0;
                for (int k = 0; k < 40; k++) {
                    dot += found[i][k] * point[k];
                }
                spread[i] += dot * dot;
            }
            assertThat(i == 0 || spread[i - 1] >= spread[i] * (1 - 1e-12)).as("component %d", i).isTrue();
        }
    }
}
