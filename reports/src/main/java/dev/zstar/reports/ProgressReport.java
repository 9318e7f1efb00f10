package dev.zstar.reports;

import dev.zstar.benchmarks.study.StudyProgress;
import java.io.PrintWriter;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows a bar for each stage on a terminal, and a line elsewhere. */
final class ProgressReport implements StudyProgress, AutoCloseable {
    private final PrintWriter err;
    // Since JDK 25 the console is null again if there is no terminal.
    @SuppressWarnings("SystemConsoleNull")
    private final boolean terminal = System.console() != null && System.console().isTerminal();

    private ProgressBar bar;

    ProgressReport(PrintWriter err) {
        this.err = err;
    }

    @Override
    public void stage(String name, int steps) {
        close();
        if (terminal) {
            bar = new ProgressBarBuilder()
                    .setTaskName(name)
                    .setInitialMax(steps)
                    .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                    .build();
        } else {
            err.println("measuring " + name + " …");
            err.flush();
        }
    }

    @Override
    public void step(String detail) {
        if (bar != null) {
            bar.step();
            bar.setExtraMessage(" " + detail);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
