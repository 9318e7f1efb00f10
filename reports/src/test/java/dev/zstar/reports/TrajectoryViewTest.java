package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.benchmarks.study.Trajectory;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The figure of iterates, which is drawn without a script. */
class TrajectoryViewTest {
    private static final Pattern PATH = Pattern.compile("<polyline class=\"path\".*? data-space=\"(.*?)\" points=\"(.*?)\"/>");

    private static List<double[]> numbers(String text, int each) {
        String[] words = text.split(" ", -1);
        List<double[]> points = new ArrayList<>();
        for (int i = 0; i < words.length; i += each) {
            double[] point = new double[each];
            for (int k = 0; k < each; k++) {
                point[k] = Double.parseDouble(words[i + k]);
            }
            points.add(point);
        }
        return points;
    }

    private static double length(double[] point) {
        return Math.sqrt(point[0] * point[0] + point[1] * point[1] + point[2] * point[2]);
    }

    @Test
    void nothingIsDrawnWithoutTrajectories() {
        assertThat(TrajectoryView.figure(List.of())).isEmpty();
    }

    @Test
    void distancesAreLogarithmicAndDirectionsStay() {
        Trajectory one = new Trajectory("a & <b>", "p", 1, List.of(1.0, 1e-3, 1e-6, 0.0),
                List.of(List.of(1.0, 0.0, 0.0), List.of(0.0, 1e-4, 0.0), List.of(0.0, 0.0, -1e-6), List.of(0.0, 0.0, 0.0)));
        String figure = TrajectoryView.figure(List.of(one));
        Matcher path = PATH.matcher(figure);
        assertThat(path.find()).isTrue();
        List<double[]> space = numbers(path.group(1), 3);
        assertThat(length(space.get(0))).isEqualTo(1);
        // Six and a half powers of ten from the largest distance to the centre.
        assertThat(length(space.get(1))).isCloseTo(3.5 / 6.5, org.assertj.core.api.Assertions.within(1e-3));
        assertThat(space.get(1)[0]).isZero();
        assertThat(length(space.get(2))).isCloseTo(0.5 / 6.5, org.assertj.core.api.Assertions.within(1e-3));
        assertThat(space.get(2)[2]).as("the direction stays").isNegative();
        assertThat(length(space.get(3))).as("the fixed point is the centre").isZero();
        List<double[]> pixels = numbers(path.group(2), 2);
        assertThat(pixels).hasSize(4).allMatch(at -> at[0] > 0 && at[0] < 720 && at[1] > 0 && at[1] < 520);
        assertThat(pixels.get(3)).as("the camera looks at the centre").containsExactly(360, 260);
        assertThat(pixels.getFirst()[0]).as("the first component points to the right").isGreaterThan(360);
        assertThat(pixels.get(1)[1]).as("the second component points upwards").isLessThan(260);
        assertThat(figure).contains("a &amp; &lt;b>", ">10⁻²</text>").doesNotContain("NaN", "<b>");
    }
}
