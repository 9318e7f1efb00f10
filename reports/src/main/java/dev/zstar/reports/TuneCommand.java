package dev.zstar.reports;

import dev.zstar.benchmarks.study.SettingClock;
import dev.zstar.benchmarks.study.StudyException;
import dev.zstar.kernels.tuning.Tuned;
import dev.zstar.kernels.tuning.Tuner;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures which settings suit this processor, and saves them for later runs on it. */
@Command(
        name = "tune",
        description = "Finds the best settings of the simd engine for this processor, and saves them as a profile. "
                + "Run it on an idle machine.",
        mixinStandardHelpOptions = true)
final class TuneCommand implements Runnable {
    @Option(names = "--quick", description = "Tries fewer values in fewer rounds: one minute instead of four.")
    private boolean quick;

    @Option(names = "--setting", split = ",", paramLabel = "NAME",
            description = "Tunes only these settings, such as zstar.tile.rows. The profile then has no others (default: all).")
    private List<String> settings = List.of();

    @Option(names = "--time-budget", paramLabel = "TIME", converter = TimeAmount.class,
            description = "Time for the search and its checks, such as 90s or 5m. A short one gets fewer rounds, and keeps only what "
                    + "three rounds confirm.")
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

    private final Search search;

    TuneCommand() {
        this((quick, only, limit) -> Tuner.of(quick, only, limit,
                (cases, settings, values) -> SettingClock.time(quick, cases, settings, values)));
    }

    /** A command with this search. */
    TuneCommand(Search search) {
        this.search = search;
    }

    @Override
    public void run() {
        if (dry && out != null) {
            throw new IllegalArgumentException("--dry-run writes nothing, so --out " + out + " has no effect; "
                    + "expected only one of the two");
        }
        Path file = dry ? null : out != null ? out : Tuned.profileFile().orElseThrow(
                () -> new StudyException("there is no settings folder for this user; choose a file with --out"));
        if (file != null) {
            requireWritable(file);
        }
        Tuned tuned;
        try (ProgressReport report = new ProgressReport(spec.commandLine().getErr())) {
            tuned = search.of(quick, settings, Optional.ofNullable(budget))
                    .run(report::stage, report::step);
        }
        PrintWriter printed = spec.commandLine().getOut();
        table(tuned, printed);
        if (file == null) {
            printed.println("Nothing was written (--dry-run).");
        } else if (!tuned.conclusive()) {
            printed.println("Nothing was written.");
        } else {
            tuned.write(file, "written by zstar tune on " + LocalDate.now(ZoneId.systemDefault()) + "; delete this file to undo it");
            printed.printf(Locale.ROOT, "Written to %s%n", file);
            printed.println(out == null ? "All your programs that use zstar on this processor now read it."
                    : "To use it: java -Dzstar.profile=" + file);
            printed.println("To undo it, delete the file. To run once without it: java -Dzstar.profile=none");
        }
        printed.flush();
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
        out.printf(Locale.ROOT, "%s, %d-bit vectors. Speed relative to the current value; each run is in its own JVM:%n%n",
                tuned.cpu(), tuned.bits());
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
            out.println("No value was faster by more than two percent in the median, and faster in each of at least three rounds. "
                    + "The defaults are kept.");
        } else if (tuned.kept().isEmpty()) {
            out.println("No setting held on these cases. The defaults are kept.");
        } else {
            out.printf(Locale.ROOT, "%s: together %.3f times as fast as the defaults on all held-out cases, %.3f times on the slowest.%n",
                    list(tuned.kept()), tuned.gain(), tuned.slowest());
        }
    }

    /** What the cases say that had no part in the choice. */
    private static void checks(Tuned tuned, PrintWriter out) {
        out.printf("%nSpeed relative to the default on held-out cases, each setting alone:%n%n");
        out.printf("%-20s %10s %10s %8s %8s%n", "setting", "value", "rounds", "median", "slowest");
        for (Tuned.Check check : tuned.checks()) {
            out.printf(Locale.ROOT, "%-20s %10d %10d %8s %8s  %s%n", check.setting(), check.value(), check.rounds(), shown(check.gain()),
                    shown(check.slowest()), check.kept() ? "kept" : "dropped because " + check.objection());
        }
    }

    private static String shown(double gain) {
        return Double.isNaN(gain) ? "-" : String.format(Locale.ROOT, "%.3f", gain);
    }

    private static String list(Map<String, Long> values) {
        return values.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue()).collect(Collectors.joining(", "));
    }
}
