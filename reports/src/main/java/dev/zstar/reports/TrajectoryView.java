package dev.zstar.reports;

import dev.zstar.benchmarks.study.Trajectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.joml.Matrix4f;
import org.joml.Vector3f;

/**
 * The iterates of solvers in three dimensions, as SVG seen by a camera. It needs no script, so it can be printed. The page's script turns
 * it: every shape has its points in space, and the figure has the matrix of the camera.
 *
 * <p>The fixed point is the centre. A point keeps its direction along the components, and its distance from the centre is that of the
 * iterate to the fixed point, on a logarithmic scale on which the largest distance is 1.
 */
final class TrajectoryView {
    /** Pixels of the drawing, of which the script knows nothing but the attributes. */
    private static final int WIDTH = 720;

    private static final int HEIGHT = 520;
    private static final Vector3f EYE = new Vector3f(1.5f, 1.3f, 2.6f);
    private static final float ANGLE = (float) Math.toRadians(35);
    private static final String RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    /** Points of a circle. */
    private static final int CIRCLE = 72;
    /** Powers of ten between two circles. */
    private static final int DECADES = 2;
    /** Dashes and shapes of the marks, 10 units wide, in the order of the solvers. */
    private static final List<String> DASHES = List.of("none", "7 4", "2 3");

    private static final List<String> MARKS = List.of("M5 1a4 4 0 1 0 .01 0z", "M5 1L9 8.5H1z", "M1.5 1.5h7v7h-7z");

    private final Matrix4f camera = new Matrix4f()
            .perspective(ANGLE, (float) WIDTH / HEIGHT, 0.1f, 10).lookAt(EYE, new Vector3f(), new Vector3f(0, 1, 0));
    private final double largest;
    private final double decades;
    private final StringBuilder svg = new StringBuilder();

    private TrajectoryView(List<Trajectory> trajectories) {
        double[] distances = trajectories.stream().flatMap(one -> one.distances().stream()).mapToDouble(x -> x).filter(x -> x > 0)
                .filter(Double::isFinite).toArray();
        largest = IntStream.range(0, distances.length).mapToDouble(i -> distances[i]).max().orElse(1);
        double smallest = IntStream.range(0, distances.length).mapToDouble(i -> distances[i]).min().orElse(1);
        // Half a decade more, so that the last iterate is not in the centre.
        decades = Math.log10(largest / smallest) + 0.5;
    }

    /** The figure; empty without trajectories. */
    static String figure(List<Trajectory> trajectories) {
        return trajectories.isEmpty() ? "" : new TrajectoryView(trajectories).draw(trajectories);
    }

    private String draw(List<Trajectory> trajectories) {
        svg.append(String.format(Locale.ROOT, """
                <figure id="trajectories" tabindex="0" role="img" data-camera="%s"
                 aria-label="Iterates in three dimensions. The numbers are in the table below.">
                <svg viewBox="0 0 %d %d"><defs>""", numbers(camera.get(new float[16])), WIDTH, HEIGHT));
        for (int slot = 0; slot < MARKS.size(); slot++) {
            svg.append(String.format(Locale.ROOT, """
                    <marker id="mark%1$d" viewBox="0 0 10 10" refX="5" refY="5" markerWidth="7" markerHeight="7"
                     markerUnits="userSpaceOnUse"><path d="%2$s" fill="var(--c%1$d)"/></marker>""", slot, MARKS.get(slot)));
        }
        svg.append("</defs>");
        for (int power = DECADES; power < decades; power += DECADES) {
            circle(power);
        }
        for (int axis = 0; axis < 3; axis++) {
            Vector3f end = new Vector3f().setComponent(axis, 1.05f);
            line("grid", "", List.of(new Vector3f(end).negate(), end));
            label("PC " + (axis + 1), end);
        }
        for (int i = 0; i < trajectories.size(); i++) {
            Trajectory one = trajectories.get(i);
            int slot = i % MARKS.size();
            String look = String.format(Locale.ROOT, """
                     stroke="var(--c%1$d)" stroke-dasharray="%2$s" marker-start="url(#mark%1$d)" marker-mid="url(#mark%1$d)" \
                    marker-end="url(#mark%1$d)\"""", slot, DASHES.get(slot));
            List<Vector3f> points = new ArrayList<>();
            for (int k = 0; k < one.distances().size(); k++) {
                points.add(shown(one.distances().get(k), one.coordinates().get(k)));
            }
            line("path", look, points);
            svg.append(String.format(Locale.ROOT, """
                    <g transform="translate(16 %d)"><path class="path" d="M0 0h34"%s/><text class="name" x="42" y="5">%s</text></g>""",
                    20 + 30 * i, look, escaped(one.solver())));
        }
        return svg.append("</svg></figure>").toString();
    }

    /** Where an iterate is drawn. An iterate that is exactly the fixed point is in the centre. */
    private Vector3f shown(double distance, List<Double> coordinates) {
        Vector3f at = new Vector3f();
        double length = Math.sqrt(coordinates.stream().mapToDouble(x -> x * x).sum());
        if (distance > 0 && length > 0 && Double.isFinite(distance)) {
            double radius = 1 - Math.log10(largest / distance) / decades;
            for (int i = 0; i < 3; i++) {
                at.setComponent(i, (float) (radius * coordinates.get(i) / length));
            }
        }
        return at;
    }

    /** The distance that is this many powers of ten below the largest, in the plane of the first two components. */
    private void circle(int power) {
        double radius = 1 - power / decades;
        List<Vector3f> points = IntStream.rangeClosed(0, CIRCLE).mapToDouble(i -> 2 * Math.PI * i / CIRCLE)
                .mapToObj(angle -> new Vector3f((float) (radius * Math.cos(angle)), (float) (radius * Math.sin(angle)), 0)).toList();
        line("grid", "", points);
        String raised = Integer.toString(power).chars().mapToObj(c -> RAISED.substring(c - '0', c - '0' + 1)).collect(Collectors.joining());
        label("10⁻" + raised, points.get(CIRCLE / 8));
    }

    private void line(String kind, String look, List<Vector3f> points) {
        svg.append("\n<polyline class=\"").append(kind).append('"').append(look).append(space(points)).append(" points=\"")
                .append(points.stream().map(this::seen).map(at -> numbers(at.x, at.y)).collect(Collectors.joining(" "))).append("\"/>");
    }

    private void label(String text, Vector3f at) {
        Vector3f seen = seen(at);
        svg.append(String.format(Locale.ROOT, "%n<text%s x=\"%.1f\" y=\"%.1f\">%s</text>", space(List.of(at)), seen.x, seen.y, text));
    }

    /** Where the camera sees a point, in pixels. */
    private Vector3f seen(Vector3f point) {
        Vector3f seen = camera.transformProject(point, new Vector3f());
        return seen.set(WIDTH * (0.5f + seen.x / 2), HEIGHT * (0.5f - seen.y / 2), seen.z);
    }

    private static String space(List<Vector3f> points) {
        return points.stream().map(p -> numbers(p.x, p.y, p.z)).collect(Collectors.joining(" ", " data-space=\"", "\""));
    }

    private static String numbers(float... values) {
        return IntStream.range(0, values.length).mapToObj(i -> String.format(Locale.ROOT, "%.4g", values[i]))
                .collect(Collectors.joining(" "));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }
}
