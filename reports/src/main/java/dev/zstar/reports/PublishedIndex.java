package dev.zstar.reports;

import dev.zstar.reports.comparison.Plain;
import dev.zstar.reports.terminal.Shown;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The index of published reports: one line for each machine, in Markdown. */
final class PublishedIndex {
    private static final String START = """
            # Machines

            Studies of machines, made by `./zstar study` and put here by `./zstar publish`. A name leads to the figures; the page beside
            them, `index.html`, opens in any browser.

            To add yours: run `./zstar study --full` on an idle machine, then `./zstar publish study-DATE-TIME`, and send the new folder and
            this file as a pull request. The file names the processor, the caches, the memory, the operating system, the JDK and its
            flags, and nothing that names you, your host or your folders.

            A `full` study has all sizes, a `short` one takes five minutes, and a `partial` one lacks suites or cases. Disturbed are the
            measurements that lost more than 1% of their time to other work.

            | machine | processors | date, commit | extent | disturbed | peak of a core, f32 | from memory or the last cache | \
            `gemm n=1024` | a solve, n = 512, 32 rows | digits trained in |
            |---|---:|---|---|---:|---:|---:|---:|---:|---:|
            """;

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9.-]{0,60}");
    /** The most characters of a commit in a line. */
    private static final int COMMIT = 60;

    private PublishedIndex() {}

    /** Whether a folder with this name can be that of a machine. Others are not listed. */
    static boolean isMachine(String name) {
        return NAME.matcher(name).matches();
    }

    /** Whether a file may be replaced by an index, since it is one. */
    static boolean isIndex(Path file) {
        return Page.begins(file, START.substring(0, START.indexOf("and put here")));
    }

    static String of(Path folder) throws IOException {
        List<Path> machines;
        try (Stream<Path> all = Files.list(folder)) {
            machines = all.filter(one -> isMachine(one.getFileName().toString())).filter(one -> Files.exists(one.resolve("study.json")))
                    .sorted().toList();
        }
        StringBuilder text = new StringBuilder(START);
        for (Path machine : machines) {
            text.append(line(machine.getFileName().toString(), StudyFile.read(machine)));
        }
        return text.toString();
    }

    private static String line(String name, StudyFile file) {
        return Stream.of("[" + name + "](" + name + "/study.json)", Integer.toString(file.machine().processors()),
                file.startedAt().substring(0, 10) + (file.commit() == null ? "" : ", " + Plain.markdown(Shown.of(file.commit(), COMMIT))),
                StudyExtent.of(file).word(), disturbed(file), ceiling(file, "fma.f32.1t", "%.0f GFLOP/s"), lastCache(file),
                row(file, "kernels", "gemm n=1024", "gflops").map(row -> format("%.0f GFLOP/s", row.value())).orElse("–"),
                row(file, "forward", "anderson(5) n=512 B=32", "us").map(row -> format("%.2f ms", row.value() / 1e3)).orElse("–"),
                row(file, "training", "digits n=128", "seconds").map(row -> format("%.1f s", row.value())).orElse("–"))
                .collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    /** Such as {@code 2 of 60} measurements. */
    private static String disturbed(StudyFile file) {
        int seen = file.evidence() == null ? 0 : file.evidence().seen().size();
        return seen == 0 ? "–" : file.evidence().disturbed() + " of " + seen;
    }

    private static String ceiling(StudyFile file, String name, String form) {
        return file.ceilings().stream().filter(one -> one.name().equals(name)).findFirst().map(one -> format(form, one.value()))
                .orElse("–");
    }

    /** The slowest level that was measured. */
    private static String lastCache(StudyFile file) {
        return file.ceilings().stream().filter(one -> one.name().startsWith("read.") && one.name().endsWith(".1t"))
                .filter(one -> Double.isFinite(one.value()))
                .min(Comparator.comparingDouble(one -> one.value())).map(one -> format("%.0f GB/s", one.value())).orElse("–");
    }

    /** Of zstar's own engine. */
    private static Optional<StudyFile.Row> row(StudyFile file, String suite, String name, String metric) {
        return file.results().stream().filter(row -> row.suite().equals(suite) && row.name().equals(name) && row.metric().equals(metric)
                && !row.engine().equals("openblas")).findFirst();
    }

    private static String format(String form, double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, form, value) : "–";
    }
}
