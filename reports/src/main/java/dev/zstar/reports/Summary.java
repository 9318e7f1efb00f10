package dev.zstar.reports;

import dev.zstar.benchmarks.study.Study;
import dev.zstar.reports.terminal.Paragraph;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The most important figures for the terminal: at most one line for each subject, one for what the time budget left out, and one for each
 * suite that failed. Everything else is on
 * the page.
 */
final class Summary {
    /** The most columns of a line. */
    static final int WIDTH = 100;

    private final StudyFile file;
    private final List<String> lines = new ArrayList<>();

    private Summary(StudyFile file) {
        this.file = file;
    }

    static void print(StudyFile file, PrintWriter out) {
        out.println();
        new Summary(file).lines().forEach(out::println);
    }

    /** Such as {@code , with 2 notes on what was left out}; empty without notes. */
    static String notes(StudyFile file) {
        int count = file.remarks().size();
        return count == 0 ? "" : ", with " + (count == 1 ? "1 note" : count + " notes") + " on what was left out";
    }

    private List<String> lines() {
        products();
        cells();
        solves();
        problems();
        gradients();
        streams();
        memory();
        training();
        quiet();
        file.remarks().stream().filter(remark -> remark.startsWith(Study.LATE))
                .forEach(remark -> lines.addAll(Paragraph.wrap(String.format(Locale.ROOT, "%-11s ", "left out"),
                        "for lack of time: " + remark.substring(Study.LATE.length()), WIDTH)));
        file.failures().forEach(failure -> lines.add(shortened("failed      " + failure)));
        return lines;
    }

    private void line(String subject, String text) {
        lines.add(shortened(String.format(Locale.ROOT, "%-11s %s", subject, text)));
    }

    private static String shortened(String line) {
        return line.length() <= WIDTH ? line : line.substring(0, WIDTH - 1) + "…";
    }

    private void products() {
        rows("kernels", "gflops")
                .filter(row -> row.name().startsWith("gemm n=") && row.threads() == 1 && !row.engine().equals("openblas"))
                .max(Comparator.comparingDouble(StudyFile.Row::value))
                .ifPresent(row -> line("products", String.format(Locale.ROOT, "%.0f GFLOP/s (%s)%s%s", row.value(), row.name(), share(row),
                        find("kernels", row.name(), row.engine() + "/openblas", "ratio").map(ratio -> String.format(Locale.ROOT,
                                ", %.2f × OpenBLAS", ratio.value())).orElse(""))));
    }

    private void cells() {
        rows("cells", "gflops").filter(row -> row.name().startsWith("transformer evaluation") && !row.engine().equals("torch"))
                .findFirst()
                .ifPresent(row -> line("cells", String.format(Locale.ROOT, "%.0f GFLOP/s, a layer of a transformer, %s%s",
                        row.value(), threads(row.threads()), find("cells", row.name(), "torch/" + row.engine(), "timeRatio")
                                .map(ratio -> String.format(Locale.ROOT, ": %.2f × the speed of PyTorch", ratio.value())).orElse(""))));
    }

    private void solves() {
        for (String suite : List.of("forward", "backward")) {
            rows(suite, "us").findFirst().ifPresent(row -> line(suite, String.format(Locale.ROOT,
                    "%s in %s: %.0f evaluations, %.2f × the time of these alone", row.name(), time(row.value()),
                    value(suite, row, "nfev"), value(suite, row, "overhead"))));
        }
    }

    /** Both kinds of solves that are checked and not timed. */
    private void problems() {
        List<StudyFile.Row> ends = rows("forward", null)
                .filter(row -> row.params().containsKey("tolerance") && row.engine().equals("default"))
                .filter(row -> row.metric().equals("nfev") || row.metric().startsWith("failed."))
                .toList();
        List<String> parts = new ArrayList<>();
        if (!ends.isEmpty()) {
            parts.add(String.format(Locale.ROOT, "Anderson solved %d of %d",
                    ends.stream().filter(row -> row.metric().equals("nfev")).count(), ends.size()));
        }
        rows("forward", "solves").findFirst().ifPresent(row -> {
            double left = value("forward", row, "bytesLeft");
            parts.add(String.format(Locale.ROOT, "%,.0f random solves: %.0f broken guarantees%s", row.value(),
                    value("forward", row, "brokenPromises"), left > 0 ? String.format(Locale.ROOT, ", %.0f B not freed", left) : ""));
        });
        if (!parts.isEmpty()) {
            line("problems", String.join("; ", parts));
        }
    }

    private void gradients() {
        rows("backward", "backwardUs").findFirst().ifPresent(row -> line("gradients", String.format(Locale.ROOT,
                "%s in %s: cosine %.4f with the exact gradient", row.name(), time(row.value()), value("backward", row, "cosine"))));
    }

    private void streams() {
        rows("streaming", "ratio").filter(row -> row.engine().equals("stream/lockstep")).findFirst().ifPresent(row -> line("streams",
                String.format(Locale.ROOT, "%.2f × as many images a second as in lock-step%s", row.value(),
                rate("stream").flatMap(stream -> rate("batches").map(batches -> stream / batches))
                        .map(ratio -> String.format(Locale.ROOT, ", %.2f × as many as in batches", ratio)).orElse(""))));
    }

    private Optional<Double> rate(String way) {
        return rows("streaming", "rowsPerSecond").filter(row -> row.engine().equals(way)).findFirst().map(StudyFile.Row::value);
    }

    private void memory() {
        Optional<StudyFile.Row> deepest = rows("depth", "stateBytes").filter(row -> row.name().startsWith("unrolled"))
                .max(Comparator.comparingDouble(row -> row.params().get("depth")));
        deepest.ifPresent(unrolled -> rows("depth", "stateBytes")
                .filter(row -> row.name().startsWith("DEQ in 10") && row.params().get("depth").equals(unrolled.params().get("depth")))
                .findFirst()
                .ifPresent(deq -> line("memory", String.format(Locale.ROOT,
                        "%.1f MiB of states for an equilibrium, %.1f MiB for the %.0f layers that reach it",
                        deq.value() / 0x1p20, unrolled.value() / 0x1p20, unrolled.params().get("depth")))));
    }

    private void training() {
        rows("training", "accuracy").filter(row -> row.name().startsWith("digits")).findFirst().ifPresent(row -> line("training",
                String.format(Locale.ROOT, "%.1f%% of unseen digits correct after %.1f s on %s", 100 * row.value(),
                        value("training", row, "seconds"), threads(row.threads()))));
    }

    /** How quiet the machine was, and how many cases were of code that still allocated: it was not fully compiled. */
    private void quiet() {
        List<String> parts = new ArrayList<>();
        Optional.ofNullable(file.evidence()).flatMap(StudyEvidence::sentence).ifPresent(parts::add);
        long count = file.results().stream().filter(row -> row.metric().equals("allocated") && row.value() > 0).count();
        if (count > 0) {
            parts.add(count == 1 ? "1 case was not fully compiled" : count + " cases were not fully compiled");
        }
        if (!parts.isEmpty()) {
            line("quiet", String.join("; ", parts));
        }
    }

    private static String threads(int threads) {
        return threads == 1 ? "1 thread" : threads + " threads";
    }

    private static String time(double micros) {
        return micros < 1000 ? String.format(Locale.ROOT, "%.3g µs", micros) : String.format(Locale.ROOT, "%.3g ms", micros / 1000);
    }

    private static String share(StudyFile.Row row) {
        return row.ofLimit() == null ? "" : String.format(Locale.ROOT, ", %.2f of the peak of a core", row.ofLimit());
    }

    /** The results of a suite, of one metric or, with null, of all. */
    private Stream<StudyFile.Row> rows(String suite, String metric) {
        return file.results().stream().filter(row -> row.suite().equals(suite) && (metric == null || row.metric().equals(metric)));
    }

    private Optional<StudyFile.Row> find(String suite, String name, String engine, String metric) {
        return rows(suite, metric).filter(row -> row.name().equals(name) && row.engine().equals(engine)).findFirst();
    }

    /** Another metric of the same case on the same engine; NaN if there is none. */
    private double value(String suite, StudyFile.Row like, String metric) {
        return find(suite, like.name(), like.engine(), metric).map(StudyFile.Row::value).orElse(Double.NaN);
    }
}
