package dev.zstar.reports;

import dev.zstar.benchmarks.study.SettingClock;
import dev.zstar.benchmarks.study.StudyException;
import dev.zstar.kernels.tuning.Tuned;
import dev.zstar.kernels.tuning.Tuner;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures which settings suit this processor, and saves them for later runs on it. */
@Command(
        name = "tune",
        description = "Finds settings of the engine simd that suit this processor, and saves them as its profile. Best on an idle machine.",
        mixinStandardHelpOptions = true)
final class TuneCommand implements Runnable {
    @Option(names = "--quick", description = "Fewer values and rounds: within 40 seconds instead of three minutes.")
    private boolean quick;

    @Option(names = "--setting", split = ",", paramLabel = "NAME",
            description = "Only these settings, such as zstar.tile.rows, in less time. The profile holds no others (default: all).")
    private List<String> settings = List.of();

    @Option(names = "--dry-run", description = "Only measures and prints; writes nothing.")
    private boolean dry;

    @Option(names = "--out", paramLabel = "FILE", description = "Where the profile goes (default: where the engine looks for it).")
    private Path out;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private final BiFunction<Boolean, List<String>, Tuner> tuners;

    TuneCommand() {
        this((quick, only) -> Tuner.of(quick, only, (settings, values) -> SettingClock.time(quick, settings, values)));
    }

    /** A command with this search, which depends on {@code --quick} and the settings. */
    TuneCommand(BiFunction<Boolean, List<String>, Tuner> tuners) {
        this.tuners = tuners;
    }

    @Override
    public void run() {
        if (dry && out != null) {
            throw new IllegalArgumentException("--dry-run writes nothing, so --out has no effect; expected one of the two");
        }
        Path file = dry ? null : out != null ? out : Tuned.profileFile().orElseThrow(
                () -> new StudyException("this user has no folder for a profile; name a file with --out"));
        if (file != null) {
            Tuned.requireWritable(file);
        }
        Tuned tuned;
        try (ProgressReport report = new ProgressReport(spec.commandLine().getErr())) {
            tuned = tuners.apply(quick, settings).run(report::stage, report::step);
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
            printed.println(out == null ? "From now on every program of this user that runs zstar on this processor reads it."
                    : "To use it: java -Dzstar.profile=" + file);
            printed.println("To undo it, delete the file. To run once without it: java -Dzstar.profile=none");
        }
        printed.flush();
    }

    private static void table(Tuned tuned, PrintWriter out) {
        out.printf(Locale.ROOT, "%s, %d-bit vectors. Speed relative to the value before, each run in its own JVM:%n%n",
                tuned.cpu(), tuned.bits());
        out.printf(Locale.ROOT, "%-20s %10s %10s %8s %8s %8s%n", "setting", "before", "tried", "rounds", "median", "worst");
        for (Tuned.Trial trial : tuned.trials()) {
            out.printf(Locale.ROOT, "%-20s %10d %10d %8d %8s %8s%s%n", trial.setting(), trial.baseline(), trial.value(), trial.rounds(),
                    shown(trial.gain()), shown(trial.worst()), trial.taken() ? "  taken" : "");
        }
        out.println();
        if (!tuned.conclusive()) {
            out.println("This machine was too busy or too slow for three rounds of each value, so the search is not conclusive.");
            out.println("Try again when it is idle.");
        } else if (tuned.taken().isEmpty()) {
            out.println("No value gained more than 2% without losing one of at least three rounds. The defaults stay.");
        } else {
            String again = Double.isNaN(tuned.gain()) ? "there was no time to measure again"
                    : String.format(Locale.ROOT, "measured again, %.3f times as fast as the defaults, worst %.3f", tuned.gain(),
                            tuned.worst());
            out.printf(Locale.ROOT, "%s: %s%s%n", list(tuned.taken()), again, tuned.confirmed() ? "." : ", so the defaults stay.");
        }
    }

    private static String shown(double gain) {
        return Double.isNaN(gain) ? "-" : String.format(Locale.ROOT, "%.3f", gain);
    }

    private static String list(Map<String, Long> values) {
        return values.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue()).collect(Collectors.joining(", "));
    }
}
