package dev.zstar.reports;

import dev.zstar.benchmarks.study.StudyProgress;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalDouble;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows what is running, what it has found, and how long the rest will take: a bar on a terminal, and a line for each step elsewhere. Work
 * without a plan has a bar for each stage, and no time.
 */
final class ProgressReport implements StudyProgress, AutoCloseable {
    /** Of a bar for all work, whose stages have no common unit. */
    private static final int WHOLE = 1000;

    private final PrintWriter err;
    // Since JDK 25 the console is null again if there is no terminal.
    @SuppressWarnings("SystemConsoleNull")
    private final boolean terminal = System.console() != null && System.console().isTerminal();
    private final long start = System.nanoTime();
    private final TimeLeft time;
    private boolean planned;
    private String stage = "";
    private int steps;
    private int made;

    private ProgressBar bar;

    ProgressReport(PrintWriter err) {
        this(err, null);
    }

    /** Of work with a time budget, or null for none. */
    ProgressReport(PrintWriter err, Duration budget) {
        this.err = err;
        time = budget == null ? new TimeLeft() : new TimeLeft(budget.toMillis() * 1e-3);
    }

    @Override
    public void plan(Map<String, Double> seconds) {
        time.plan(seconds);
        planned = true;
        if (terminal) {
            bar = bar("", WHOLE);
        }
    }

    private static ProgressBar bar(String name, int most) {
        return new ProgressBarBuilder().setTaskName(name).setInitialMax(most).setStyle(ProgressBarStyle.UNICODE_BLOCK).hideEta().build();
    }

    @Override
    public void stage(String name, int count) {
        stage = name;
        steps = count;
        made = 0;
        time.stage(name, count);
        if (!terminal) {
            print("measuring " + name + " …");
        } else if (planned) {
            show("");
        } else {
            close();
            bar = bar(name, count);
        }
    }

    @Override
    public void step(String detail) {
        made++;
        time.step();
        if (!terminal) {
            print(line(detail));
        } else if (planned) {
            show(detail);
        } else if (bar != null) {
            bar.step();
            bar.setExtraMessage(" " + detail);
        }
    }

    private void show(String detail) {
        bar.stepTo(Math.round(WHOLE * time.share()));
        bar.setExtraMessage(" " + line(detail));
    }

    /** Such as {@code kernels 1/2: ceiling 200 GFLOP/s; about 4 min left}. */
    private String line(String detail) {
        OptionalDouble left = time.seconds((System.nanoTime() - start) * 1e-9);
        return stage + " " + made + "/" + steps + (detail.isEmpty() ? "" : ": " + detail)
                + (left.isPresent() ? "; about " + TimeLeft.words(left.getAsDouble()) + " left" : "");
    }

    private void print(String line) {
        err.println(line);
        err.flush();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
