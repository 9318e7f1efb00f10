package dev.zstar.reports;

import dev.zstar.benchmarks.study.ProductClock.Shape;
import dev.zstar.kernels.tuning.Gains;
import dev.zstar.kernels.tuning.Rounds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Says for which shapes of a product another engine, or narrower weights, are faster than {@code simd} with weights in f32. */
final class TuneProducts {
    /** Times the contenders in a new JVM. */
    @FunctionalInterface
    interface Clock {
        double[][] time(List<Shape> shapes, int round);
    }

    private final List<Shape> shapes;
    private final List<String> contenders;
    private final List<List<Gains>> found;
    /** What the shapes nearby say, by the index of the shape for which they were measured. */
    private final Map<Integer, List<Gains>> checked = new LinkedHashMap<>();

    private TuneProducts(List<Shape> shapes, List<String> contenders, List<List<Gains>> found) {
        this.shapes = shapes;
        this.contenders = contenders;
        this.found = found;
    }

    /**
     * Compares the contenders. What is faster at a shape is checked at another one nearby.
     *
     * @param contenders their names, the baseline first
     * @param missing why an engine is not among them
     */
    static TuneFinding measure(Rounds rounds, List<Shape> shapes, List<String> contenders, Optional<String> missing, Clock clock) {
        List<List<Gains>> found = rounds.contenders("engines and formats of weights", 1, shapes.size(), contenders.size() - 1,
                round -> clock.time(shapes, round));
        if (found.stream().flatMap(List::stream).noneMatch(Gains::conclusive)) {
            return TuneFinding.unfinished("engine");
        }
        TuneProducts products = new TuneProducts(shapes, contenders, found);
        List<Integer> faster = IntStream.range(0, shapes.size()).filter(i -> found.get(i).stream().anyMatch(Gains::worthwhile)).boxed()
                .toList();
        if (!faster.isEmpty()) {
            List<Shape> others = faster.stream().map(i -> shapes.get(i).heldOut()).toList();
            List<List<Gains>> check = rounds.contenders("check of engines and formats", 1, others.size(), contenders.size() - 1,
                    round -> clock.time(others, round));
            for (int i = 0; i < others.size(); i++) {
                products.checked.put(faster.get(i), check.get(i));
            }
        }
        return new TuneFinding(products.table(), products.sentences(missing));
    }

    private List<String> table() {
        List<String> lines = new ArrayList<>();
        lines.add("Products of rows × n with n × n on one thread, speed relative to simd with weights in f32:");
        lines.add("");
        lines.add(String.format(Locale.ROOT, "%6s %6s", "n", "rows") + names().stream()
                .map(name -> String.format(Locale.ROOT, "%10s", name)).collect(Collectors.joining()) + "  fastest");
        for (int i = 0; i < shapes.size(); i++) {
            lines.add(String.format(Locale.ROOT, "%6d %6d", shapes.get(i).n(), shapes.get(i).rows()) + found.get(i).stream()
                    .map(gains -> String.format(Locale.ROOT, "%10s", TuneCommand.shown(gains.median()))).collect(Collectors.joining())
                    + "  " + fastest(i));
        }
        return lines;
    }

    /** The contenders without the baseline. */
    private List<String> names() {
        return contenders.subList(1, contenders.size());
    }

    /** The contender with the largest gain that was confirmed. */
    private String fastest(int shape) {
        int best = 0;
        for (int c = 1; c < contenders.size(); c++) {
            if (confirmed(shape, c) && (best == 0 || gains(shape, c).median() > gains(shape, best).median())) {
                best = c;
            }
        }
        return contenders.get(best);
    }

    private Gains gains(int shape, int contender) {
        return found.get(shape).get(contender - 1);
    }

    private boolean confirmed(int shape, int contender) {
        return gains(shape, contender).worthwhile() && objection(shape, contender).isEmpty();
    }

    private String objection(int shape, int contender) {
        return checked.get(shape).get(contender - 1).objection();
    }

    private List<Advice.Sentence> sentences(Optional<String> missing) {
        List<Advice.Sentence> sentences = new ArrayList<>();
        missing.ifPresent(reason -> sentences.add(new Advice.Sentence("engine", "simd. OpenBLAS was not compared: " + reason + ".")));
        for (int c = 1; c < contenders.size(); c++) {
            sentences.add(sentence(c));
        }
        return sentences;
    }

    private Advice.Sentence sentence(int contender) {
        boolean engine = contenders.get(contender).equals("openblas");
        List<String> places = places(contender);
        StringBuilder text = new StringBuilder();
        if (places.isEmpty()) {
            text.append(String.format(Locale.ROOT, "%s: %s was confirmed to be faster at none of %d shapes", engine ? "simd" : "f32",
                    contenders.get(contender), shapes.size()));
        } else {
            text.append(String.format(Locale.ROOT, "%s is faster than %s %s", contenders.get(contender), engine ? "simd" : "f32",
                    String.join(", and ", places)));
        }
        text.append('.');
        for (int i = 0; i < shapes.size(); i++) {
            if (gains(i, contender).worthwhile() && !confirmed(i, contender)) {
                Shape other = shapes.get(i).heldOut();
                text.append(String.format(Locale.ROOT, " Its %.2f times %s was not confirmed %s: %s.", gains(i, contender).median(),
                        place(shapes.get(i)), place(other), objection(i, contender)));
            }
        }
        if (!engine && !places.isEmpty()) {
            text.append(" It rounds the weights (guide, page 11).");
        }
        return new Advice.Sentence(engine ? "engine" : "weights", text.toString());
    }

    private static String place(Shape shape) {
        return String.format(Locale.ROOT, "with %s at n = %d", shape.rows() == 1 ? "1 row" : shape.rows() + " rows", shape.n());
    }

    /** For each n where the contender is faster with which rows, and by how much. */
    private List<String> places(int contender) {
        List<String> places = new ArrayList<>();
        for (int n : shapes.stream().map(Shape::n).distinct().toList()) {
            List<Integer> all = IntStream.range(0, shapes.size()).filter(i -> shapes.get(i).n() == n).boxed().toList();
            List<Integer> won = all.stream().filter(i -> confirmed(i, contender)).toList();
            if (!won.isEmpty()) {
                double least = won.stream().mapToDouble(i -> gains(i, contender).median()).min().orElseThrow();
                double most = won.stream().mapToDouble(i -> gains(i, contender).median()).max().orElseThrow();
                String gain = String.format(Locale.ROOT, "%.2f", least);
                String highest = String.format(Locale.ROOT, "%.2f", most);
                places.add(rows(all, won) + " at n = " + n + " (" + (gain.equals(highest) ? gain : gain + " to " + highest) + " times)");
            }
        }
        return places;
    }

    /** Such as {@code with 16 to 256 rows}; a range holds no shape where it is not true. */
    private String rows(List<Integer> all, List<Integer> won) {
        int first = shapes.get(won.getFirst()).rows();
        int last = shapes.get(won.getLast()).rows();
        if (won.size() == 1) {
            return first == 1 ? "with 1 row" : "with " + first + " rows";
        }
        if (won.size() == all.indexOf(won.getLast()) - all.indexOf(won.getFirst()) + 1) {
            return "with " + first + " to " + last + " rows";
        }
        return won.stream().map(i -> Integer.toString(shapes.get(i).rows())).collect(Collectors.joining(" and ", "with ", " rows"));
    }
}
