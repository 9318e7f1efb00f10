package dev.zstar.reports;

import dev.zstar.benchmarks.language.CopyMemory;
import dev.zstar.benchmarks.language.DeqTransformer;
import dev.zstar.benchmarks.language.DeqTransformer.Test;
import dev.zstar.benchmarks.language.Novel;
import dev.zstar.benchmarks.language.Sampler;
import dev.zstar.benchmarks.language.Sequences;
import dev.zstar.benchmarks.language.TrainingMeans;
import dev.zstar.benchmarks.language.TransformerOptions;
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

/** Trains a DEQ-Transformer on a novel or on the copy memory task, and tests it. */
@Command(
        name = "language",
        description = "Trains a DEQ-Transformer on the characters of a novel or on the copy memory task, and tests it.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class LanguageCommand implements Runnable {
    /** What the model learns. */
    enum Task {
        NOVEL, COPY
    }

    /** Progress is printed, and the file is written, after this time. */
    private static final long INTERVAL = 30_000_000_000L;

    @Option(names = "--task", paramLabel = "TASK", defaultValue = "novel",
            description = "novel: the next character of Persuasion by Jane Austen; copy: repeats ten symbols after a delay "
                    + "(default: ${DEFAULT-VALUE}).")
    private Task task = Task.NOVEL;

    @Option(names = "--steps", paramLabel = "N",
            description = "Most steps of training; the learning rate falls to a tenth until the last (default: 2000; copy: 600).")
    private Integer steps;

    @Option(names = "--minutes", paramLabel = "N", defaultValue = "10",
            description = "Trains for at most this time (default: ${DEFAULT-VALUE}). With 0 and --resume it only tests.")
    private double minutes = 10;

    @Option(names = "--width", paramLabel = "N", defaultValue = "64",
            description = "Elements of the state of each symbol, a multiple of 16 (default: ${DEFAULT-VALUE}).")
    private int width = 64;

    @Option(names = "--length", paramLabel = "N", defaultValue = "60",
            description = "Characters in a sequence, all that the model sees (default: ${DEFAULT-VALUE}).")
    private int length = 60;

    @Option(names = "--delay", paramLabel = "N", defaultValue = "30",
            description = "Blanks between the symbols and their repetition, in the copy task (default: ${DEFAULT-VALUE}).")
    private int delay = 30;

    @Option(names = "--tests", paramLabel = "N", defaultValue = "768",
            description = "Most sequences to test with, none of them used in training (default: ${DEFAULT-VALUE}).")
    private int tests = 768;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Seed of the model and of the sequences (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(names = "--threads", paramLabel = "N", description = "Threads (default: all processors).")
    private Integer threads;

    @Option(names = "--out", paramLabel = "FILE", defaultValue = "language.safetensors",
            description = "The file from which training can resume (default: that of --resume, or ${DEFAULT-VALUE}).")
    private Path out = Path.of("language.safetensors");

    @Option(names = "--resume", paramLabel = "FILE",
            description = "Resumes training from this file, with the same options; the bits are those of training without a break.")
    private Path resume;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private PrintWriter printed;

    @Override
    public void run() {
        int most = steps != null ? steps : task == Task.NOVEL ? 2000 : 600;
        int used = threads != null ? threads : Engines.processors();
        check(most, used);
        printed = spec.commandLine().getOut();
        Path file = TrainingFile.of(spec.commandLine(), out, resume, minutes > 0);
        Sequences data = task == Task.NOVEL ? Novel.persuasion(length) : new CopyMemory(delay);
        try (Engine engine = Engines.best(used);
                DeqTransformer model = new DeqTransformer(engine, TransformerOptions.of(width, most, seed), data)) {
            if (resume != null) {
                model.resume(resume);
            } else if (minutes > 0) {
                TrainingFile.first(model::save, file);
            }
            describe(data);
            print("DEQ-Transformer with %d elements for each symbol, %,d parameters; engine %s, %d %s", width,
                    model.parameters().count(), engine.name(), engine.threads(),
                    engine.threads() == 1 ? "thread" : "threads");
            train(model, data, most, file);
            test(model, data);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private void check(int most, int used) {
        if (!(minutes >= 0)) {
            throw new IllegalArgumentException("--minutes " + minutes + "; expected at least 0");
        }
        Limits.requireAtLeast("--steps", most, 1);
        Limits.requireAtLeast("--width", width, 1);
        Limits.requireAtLeast("--tests", tests, TransformerOptions.BATCH);
        Limits.requireThreads("--threads", used);
        String unused = task == Task.NOVEL ? "--delay" : "--length";
        if (spec.commandLine().getParseResult().hasMatchedOption(unused)) {
            throw new IllegalArgumentException(unused + " has no effect on the task " + task.name().toLowerCase(Locale.ROOT)
                    + "; expected only options of that task");
        }
    }

    private void print(String format, Object... values) {
        printed.printf(Locale.ROOT, format + "%n", values);
        printed.flush();
    }

    private void describe(Sequences data) {
        switch (data) {
            case Novel novel -> print("Persuasion: %d different characters. Bits per character by counts: %.3f of single "
                    + "characters, %.3f of bigrams, %.3f of trigrams", novel.symbols(), novel.bitsOfCounts(1),
                    novel.bitsOfCounts(2), novel.bitsOfCounts(3));
            case CopyMemory copy -> print("Copy memory with a delay of %d: sequences of %d symbols. Loss without memory: %.4f",
                    copy.delay(), copy.length(), copy.lossWithoutMemory());
        }
    }

    private void train(DeqTransformer model, Sequences data, int most, Path file) throws IOException {
        long start = System.nanoTime();
        long last = start;
        int first = model.steps();
        TrainingMeans means = new TrainingMeans();
        boolean goesOn = model.steps() < most && minutes > 0;
        while (goesOn) {
            means.add(model.train(data));
            long now = System.nanoTime();
            goesOn = model.steps() < most && now - start < minutes * 60e9;
            if (!goesOn || now - last > INTERVAL) {
                model.save(file);
                print("%5.1f min  step %d of %d  %s  evaluations %.1f forward, %.1f backward  largest residual %.1e  %d of %d sequences "
                        + "skipped  %.0f ms a step", (now - start) / 60e9, model.steps(), most, loss(data, means.loss()), means.forward(),
                        means.backward(), means.residual(), means.skipped(), means.steps() * TransformerOptions.BATCH,
                        (now - last) * 1e-6 / means.steps());
                last = now;
                means = new TrainingMeans();
            }
        }
        if (model.steps() > first) {
            print("To resume training, use the same options and --resume %s", file);
        }
    }

    /** A loss in the usual unit of the task. */
    private static String loss(Sequences data, double nats) {
        return data instanceof Novel ? String.format(Locale.ROOT, "bits per character %.3f", nats / Math.log(2))
                : String.format(Locale.ROOT, "loss %.5f", nats);
    }

    private void test(DeqTransformer model, Sequences data) {
        int count = Math.min(tests, data.tests());
        Test solved = model.test(data, count);
        Test plain = model.testPlain(data, count);
        print("%nTest on %d new sequences:", solved.sequences());
        print("  Anderson        %s  evaluations %.1f  largest residual %.1e  %d without equilibrium", loss(data, solved.loss()),
                solved.evaluations(), solved.residual(), solved.failed());
        print("  %d plain steps  %s  largest residual %.1e; no bit depends on later symbols", DeqTransformer.PLAIN,
                loss(data, plain.loss()), plain.residual());
        if (data instanceof Novel novel) {
            print("%n%s", new Sampler(model, novel, 0.7).goOn("She had been", 400, seed));
        }
    }
}
