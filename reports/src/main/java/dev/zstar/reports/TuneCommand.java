package dev.zstar.reports;

import dev.zstar.benchmarks.study.PageClock;
import dev.zstar.benchmarks.study.ProductClock;
import dev.zstar.benchmarks.study.SettingClock;
import dev.zstar.benchmarks.study.SolverClock;
import dev.zstar.benchmarks.study.StudyException;
import dev.zstar.kernels.tuning.Rounds;
import dev.zstar.kernels.tuning.Tuned;
import dev.zstar.kernels.tuning.Tuner;
import dev.zstar.reports.terminal.Paragraph;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures which settings suit this processor, and saves them for later runs on it. Says what else suits it, which no profile can hold. */
@Command(
        name = "tune",
        description = "Finds the best settings of the simd engine for this processor, and saves them as a profile. Says which pages, "
                + "engine, format of weights and solver to use. Run it on an idle machine.",
        mixinStandardHelpOptions = true)
final class TuneCommand implements Runnable {
    @Option(names = "--quick", description = "Tries fewer values and cases: two minutes instead of six.")
    private boolean quick;

    @Option(names = "--part", split = ",", paramLabel = "NAME",
            description = "Measures only these: settings, pages, engines, solvers (default: all). Only settings writes a profile.")
    private List<String> parts = List.of();

    @Option(names = "--setting", split = ",", paramLabel = "NAME",
            description = "Tunes only these settings, such as zstar.tile.rows, and measures no other part. The profile then has no others "
                    + "(default: all).")
    private List<String> settings = List.of();

    @Option(names = "--time-budget", paramLabel = "TIME", converter = TimeAmount.class,
            description = "Time for all parts, such as 90s or 5m. A short one gets fewer rounds, and keeps only what three rounds confirm.")
    private Duration budget;

    @Option(names = "--dry-run", description = "Measures and prints, but writes nothing.")
    private boolean dry;

    @Option(names = "--out", paramLabel = "FILE", description = "File for the profile (default: where the engine looks for it).")
    private Path out;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    /** Makes the search that the options ask for. */
    @FunctionalInterface
    interface Search {
        Tuner of(boolean quick, List<String> settings, Optional<Duration> limit);
    }

    /** All parts take no longer, in seconds. */
    private static final int MOST = 360;
    private static final int MOST_QUICK = 120;

    private final Search search;
    private final Map<TunePart, TuneFinding.Part> others;

    TuneCommand() {
        search = (isQuick, only, limit) -> Tuner.of(isQuick, only, limit,
                (cases, tuned, values) -> SettingClock.time(isQuick, cases, tuned, values));
        others = Map.of(
                TunePart.PAGES, rounds -> TunePages.measure(rounds, PageClock::unavailable,
                        (cases, huge) -> PageClock.time(quick, cases, huge)),
                TunePart.ENGINES, rounds -> TuneProducts.measure(rounds, ProductClock.shapes(quick), ProductClock.contenders(),
                        ProductClock.unavailable(), ProductClock::time),
                TunePart.SOLVERS, rounds -> TuneSolvers.measure(rounds, SolverClock.problems(quick), SolverClock::time));
    }

    /** A command with this search, and these other parts. */
    TuneCommand(Search search, Map<TunePart, TuneFinding.Part> others) {
        this.search = search;
        this.others = Map.copyOf(others);
    }

    @Override
    public void run() {
        List<TunePart> chosen = chosen();
        Path file = file(chosen);
        Tuner.requireEngine();
        List<Advice.Sentence> sentences = new ArrayList<>();
        int seconds = seconds(chosen);
        long end = System.nanoTime() + (budget == null
                ? Duration.ofSeconds(Math.min(seconds, quick ? MOST_QUICK : MOST)) : budget).toNanos();
        PrintWriter printed = spec.commandLine().getOut();
        for (int p = 0; p < chosen.size(); p++) {
            TunePart part = chosen.get(p);
            // What a part leaves goes to those after it.
            Duration share = Duration.ofNanos(Math.max(0, end - System.nanoTime())).multipliedBy(part.seconds(quick))
                    .dividedBy(seconds(chosen.subList(p, chosen.size())));
            if (part == TunePart.SETTINGS) {
                settings(budget == null && chosen.size() == 1 ? Optional.empty() : Optional.of(share), file, printed);
            } else {
                sentences.addAll(found(others.get(part), share, printed));
            }
        }
        if (!sentences.isEmpty()) {
            printed.println("What to use:");
            printed.println();
            sentences.forEach(one -> paragraph(String.format(Locale.ROOT, "%-8s  ", one.subject()), one.text(), printed));
        }
        if (dry || file == null) {
            printed.println(dry ? "Nothing was written (--dry-run)." : "No profile was written, since the settings were not tuned.");
        }
        printed.flush();
    }

    private int seconds(List<TunePart> of) {
        return of.stream().mapToInt(part -> part.seconds(quick)).sum();
    }

    private List<TunePart> chosen() {
        if (settings.isEmpty()) {
            return TunePart.of(parts);
        }
        List<TunePart> chosen = parts.isEmpty() ? List.of(TunePart.SETTINGS) : TunePart.of(parts);
        if (!chosen.contains(TunePart.SETTINGS)) {
            throw new IllegalArgumentException("--setting applies to the part settings, and --part names only " + TunePart.words(chosen)
                    + "; expected a --part that includes settings");
        }
        return chosen;
    }

    /** The file of the profile, which can be written; null if none is to be written. */
    private Path file(List<TunePart> chosen) {
        if (dry && out != null) {
            throw new IllegalArgumentException("--dry-run writes nothing, so --out " + out + " has no effect; "
                    + "expected only one of the two");
        }
        if (!chosen.contains(TunePart.SETTINGS)) {
            if (out != null) {
                throw new IllegalArgumentException("--out " + out + " is a file for settings, and --part names only "
                        + TunePart.words(chosen) + "; expected a --part that includes settings");
            }
            return null;
        }
        Path file = dry ? null : out != null ? out : Tuned.profileFile().orElseThrow(
                () -> new StudyException("there is no settings folder for this user; choose a file with --out"));
        if (file != null) {
            requireWritable(file);
        }
        return file;
    }

    /** Tunes the settings, and writes those that are kept. */
    private void settings(Optional<Duration> limit, Path file, PrintWriter printed) {
        Tuned tuned;
        try (ProgressReport report = new ProgressReport(spec.commandLine().getErr())) {
            tuned = search.of(quick, settings, limit).run(report::stage, report::step);
        }
        table(tuned, printed);
        if (file != null && !tuned.conclusive()) {
            printed.println("No profile was written.");
        } else if (file != null) {
            tuned.write(file, "written by zstar tune on " + LocalDate.now(ZoneId.systemDefault()) + "; delete this file to undo it");
            printed.printf(Locale.ROOT, "Written to %s%n", file);
            printed.println(out == null ? "All your programs that use zstar on this processor now read it."
                    : "To use it: java -Dzstar.profile=" + file);
            printed.println("To undo it, delete the file. To run once without it: java -Dzstar.profile=none");
        }
        printed.println();
        printed.flush();
    }

    /** Measures another part in this time, and prints its figures. */
    private List<Advice.Sentence> found(TuneFinding.Part part, Duration limit, PrintWriter printed) {
        TuneFinding found;
        try (ProgressReport report = new ProgressReport(spec.commandLine().getErr())) {
            found = part.measure(new Rounds(limit, 2, report::stage, report::step));
        }
        if (!found.table().isEmpty()) {
            found.table().forEach(printed::println);
            printed.println();
            printed.flush();
        }
        return found.sentences();
    }

    /** A file that the user chose and that cannot be written is a wrong value. */
    private void requireWritable(Path file) {
        try {
            Tuned.requireWritable(file);
        } catch (UncheckedIOException e) {
            if (out != null) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
            throw e;
        }
    }

    private static void table(Tuned tuned, PrintWriter out) {
        paragraph("", String.format(Locale.ROOT, "%s, %d-bit vectors. Speed relative to the current value; each run is in its own JVM:",
                tuned.cpu(), tuned.bits()), out);
        out.println();
        out.printf(Locale.ROOT, "%-20s %10s %10s %8s %8s %8s%n", "setting", "current", "tried", "rounds", "median", "worst");
        for (Tuned.Trial trial : tuned.trials()) {
            out.printf(Locale.ROOT, "%-20s %10d %10d %8d %8s %8s%s%n", trial.setting(), trial.baseline(), trial.value(), trial.rounds(),
                    shown(trial.gain()), shown(trial.worst()), trial.taken() ? "  taken" : "");
        }
        if (!tuned.checks().isEmpty()) {
            checks(tuned, out);
        }
        out.println();
        if (!tuned.conclusive()) {
            out.println("Too few rounds were finished (each value needs three), so there is no result. The machine may be busy.");
            out.println("Try again when it is idle, or with a longer --time-budget.");
        } else if (tuned.checks().isEmpty()) {
            paragraph("", "No value was faster by more than two percent in the median, and faster in each of at least three rounds. "
                    + "The defaults are kept.", out);
        } else if (tuned.kept().isEmpty()) {
            out.println("No setting held on these cases. The defaults are kept.");
        } else {
            paragraph("", String.format(Locale.ROOT,
                    "%s: together %.3f times as fast as the defaults on all held-out cases, %.3f times on the slowest.",
                    list(tuned.kept()), tuned.gain(), tuned.slowest()), out);
        }
    }

    /** What the cases say that had no part in the choice. */
    private static void checks(Tuned tuned, PrintWriter out) {
        out.printf("%nSpeed relative to the default on held-out cases, each setting alone:%n%n");
        out.printf("%-20s %10s %10s %8s %8s%n", "setting", "value", "rounds", "median", "slowest");
        for (Tuned.Check check : tuned.checks()) {
            paragraph(String.format(Locale.ROOT, "%-20s %10d %10d %8s %8s  ", check.setting(), check.value(), check.rounds(),
                    shown(check.gain()), shown(check.slowest())), check.kept() ? "kept" : "dropped: " + check.objection(), out);
        }
    }

    private static void paragraph(String first, String text, PrintWriter out) {
        Paragraph.wrap(first, text, Summary.WIDTH).forEach(out::println);
    }

    /** A ratio in a table. */
    static String shown(double gain) {
        return Double.isNaN(gain) ? "-" : String.format(Locale.ROOT, "%.3f", gain);
    }

    private static String list(Map<String, Long> values) {
        return values.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue()).collect(Collectors.joining(", "));
    }
}
