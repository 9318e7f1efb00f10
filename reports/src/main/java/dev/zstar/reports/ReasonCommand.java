package dev.zstar.reports;

import dev.zstar.benchmarks.reasoner.Comparison;
import dev.zstar.benchmarks.reasoner.Inference;
import dev.zstar.benchmarks.reasoner.Inference.Exit;
import dev.zstar.benchmarks.reasoner.Inference.Score;
import dev.zstar.benchmarks.reasoner.Reasoner;
import dev.zstar.benchmarks.reasoner.ReasonerTraining;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains a looped model that solves Sudokus, and compares exits with a fixed number of steps. */
@Command(
        name = "reason",
        description = "Trains a looped model that solves Sudokus, and compares exits with a fixed number of steps.",
        mixinStandardHelpOptions = true)
final class ReasonCommand implements Runnable {
    /** Progress is printed, and the file is written, after this time. */
    private static final long INTERVAL = 30_000_000_000L;

    /** Starts of a puzzle when it has several. */
    private static final int STARTS = 4;

    @Option(names = "--minutes", paramLabel = "N",
            description = "Trains for at most this time (default: ${DEFAULT-VALUE}). With 0 and --resume it only measures.")
    private double minutes = 20;

    @Option(names = "--steps", paramLabel = "N",
            description = "Most steps of training; the learning rate falls until the last (default: ${DEFAULT-VALUE}).")
    private int steps = 3000;

    @Option(names = "--side", paramLabel = "N", description = "Side of the Sudokus: 4, 6 or 9 (default: ${DEFAULT-VALUE}).")
    private int side = 6;

    @Option(names = "--width", paramLabel = "N",
            description = "Elements of the state of each square, a multiple of 16 (default: ${DEFAULT-VALUE}).")
    private int width = 96;

    @Option(names = "--puzzles", paramLabel = "N",
            description = "Test puzzles, drawn from another seed than those of training (default: ${DEFAULT-VALUE}).")
    private int puzzles = 600;

    @Option(names = "--flight", paramLabel = "N", description = "Puzzles that are solved at the same time (default: ${DEFAULT-VALUE}).")
    private int flight = 64;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the model and of the puzzles (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(names = "--threads", paramLabel = "N", description = "Threads (default: all processors).")
    private Integer threads;

    @Option(names = "--out", paramLabel = "FILE",
            description = "The file from which training can resume (default: that of --resume, or ${DEFAULT-VALUE}).")
    private Path out = Path.of("reasoner.safetensors");

    @Option(names = "--resume", paramLabel = "FILE",
            description = "Resumes training from this file, with the same options; the bits are those of training without a break.")
    private Path resume;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        if (!(minutes >= 0)) {
            throw new IllegalArgumentException("--minutes " + minutes + "; expected at least 0");
        }
        Limits.requireAtLeast("--steps", steps, 1);
        Limits.requireAtLeast("--width", width, 1);
        Limits.requireAtLeast("--puzzles", puzzles, 1);
        if (flight < STARTS) {
            throw new IllegalArgumentException("--flight " + flight + "; expected at least " + STARTS + ", the starts of a puzzle");
        }
        int used = threads == null ? Engines.processors() : threads;
        Limits.requireThreads("--threads", used);
        PrintWriter printed = spec.commandLine().getOut();
        Path file = TrainingFile.of(spec.commandLine(), out, resume, minutes > 0);
        ReasonerTraining.Options options = ReasonerTraining.Options.of(Reasoner.Size.of(side, width), steps, seed);
        try (Engine engine = Engines.best(used);
                ReasonerTraining training = new ReasonerTraining(engine, options)) {
            if (resume != null) {
                training.resume(resume);
            } else if (minutes > 0) {
                TrainingFile.first(training::save, file);
            }
            printed.printf(Locale.ROOT, "%d×%d Sudokus, %d elements for each square, %,d parameters; engine %s, %d threads%n", side, side,
                    width, training.count(), engine.name(), engine.threads());
            train(training, file, printed);
            try (Inference inference = training.inference(flight, puzzles)) {
                // There are so few 4×4 puzzles that some occur twice. Of larger ones it would take long to count them.
                int seen = side == 4 ? training.seen(puzzles) : 0;
                compare(new Comparison(inference), inference.count(), seen, printed);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private void train(ReasonerTraining training, Path file, PrintWriter printed) throws IOException {
        long start = System.nanoTime();
        long last = start;
        int first = training.steps();
        int counted = 0;
        double loss = 0;
        double squares = 0;
        boolean goesOn = !training.isDone() && minutes > 0;
        while (goesOn) {
            loss += training.step();
            squares += training.squares();
            counted++;
            long now = System.nanoTime();
            goesOn = !training.isDone() && now - start < minutes * 60e9;
            if (!goesOn || now - last > INTERVAL) {
                training.save(file);
                printed.printf(Locale.ROOT, "%5.1f min  step %d of %d  loss %.4f  squares right %.2f%%  %.0f ms a step%n",
                        (now - start) / 60e9, training.steps(), steps, loss / counted, 100 * squares / counted,
                        (now - last) / 1e6 / counted);
                printed.flush();
                last = now;
                counted = 0;
                loss = 0;
                squares = 0;
            }
        }
        if (training.steps() > first) {
            printed.printf(Locale.ROOT, "To resume training, with the same options: zstar reason --resume %s%n", file);
        }
    }

    private static void compare(Comparison comparison, int count, int seen, PrintWriter printed) {
        printed.printf(Locale.ROOT, "%n%d puzzles from another seed than those of training%s: easy, medium and hard ones in turn.%n"
                + "In lock-step, right after this many steps:%n", count, seen == 0 ? "" : ", " + seen + " of which occurred in training");
        for (int depth = 1; depth <= Inference.MOST; depth *= 2) {
            Score score = comparison.depths().get(depth - 1);
            printed.printf(Locale.ROOT, "  %2d steps  squares %6.2f%%  puzzles %6.2f%%%n", depth, 100 * score.squares(),
                    100 * score.solved());
        }
        printed.printf("%n%-30s %8s %8s %8s %8s   %s%n", "", "nfev", "squares", "puzzles", "per s", "lock-step that solves as many");
        for (Exit exit : Exit.values()) {
            for (boolean anderson : new boolean[] {false, true}) {
                print(comparison.stream(exit, anderson), printed);
            }
        }
        print(comparison.starts(STARTS), printed);
    }

    private static void print(Comparison.Row row, PrintWriter printed) {
        printed.printf(Locale.ROOT, "%-30s %8.2f %7.2f%% %7.2f%% %8.0f   %2d steps, %.2f%%, %.0f per s: %.2f times as fast%n", row.way(),
                row.score().evaluations(), 100 * row.score().squares(), 100 * row.score().solved(), row.perSecond(), row.depth(),
                100 * row.lockstep().solved(), row.lockstepPerSecond(), row.ratio());
        printed.flush();
    }
}
