package dev.zstar.benchmarks.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Measures this machine, suite by suite. Each suite that compares speeds runs in fresh JVMs, one after the other. If a suite fails, the
 * others still run.
 */
public final class Study {
    /** The names of the suites in the order in which they run. */
    public static final List<String> SUITES = List.of("kernels", "cells", "forward", "backward", "streaming", "depth", "training");

    /** How the remark begins that names what the time budget did not allow. */
    public static final String LATE = "left out, since the time budget was spent: ";

    private final List<String> failures = new ArrayList<>();
    /** What the time budget left out. */
    private final List<String> late = new ArrayList<>();
    private Found found = new Found();

    private final Consumer<Measurements> soFar;

    Study(Consumer<Measurements> soFar) {
        this.soFar = soFar;
    }

    /**
     * Runs the suites of the options.
     *
     * @param soFar receives everything that was measured, after each step that gave figures
     * @throws StudyException if no suite gave a figure
     */
    public static Measurements run(StudyOptions options, StudyProgress progress, Consumer<Measurements> soFar) {
        Study study = new Study(soFar);
        Fork.begin(options.journal() == null ? null : Journal.in(options.journal()), options.budget());
        Contenders.restrictTo(options.engines());
        EvidenceLog.clear();
        Pinning.pinChildren(options.pin());
        try {
            study.suites(options, progress);
        } finally {
            Fork.begin(null, null);
            Contenders.restrictTo(List.of());
            Pinning.pinChildren(false);
        }
        if (study.found.results().isEmpty() && !study.failures.isEmpty()) {
            throw new StudyException(String.join("\n", study.failures));
        }
        if (study.found.results().isEmpty() && !options.filter().isEmpty() && study.late.isEmpty()) {
            throw new StudyException("--filter " + options.filter() + ": no case has a name in which it is found");
        }
        return study.measurements(study.found);
    }

    /**
     * Stops the study that runs, from another thread: its process in progress ends at once, with the cases that it has finished, and
     * {@link #run} returns soon.
     */
    public static void stop() {
        Fork.stop();
    }

    private void suites(StudyOptions options, StudyProgress progress) {
        List<StudyPart> parts = StudyPart.of(options);
        LinkedHashMap<String, Double> seconds = new LinkedHashMap<>();
        parts.forEach(part -> part.stages().forEach(seconds::put));
        progress.plan(seconds);
        for (StudyPart part : parts) {
            if (Fork.isLate()) {
                late.add(part.name());
            } else {
                attempt(part.name(), options, now -> part.run().accept(now, watched(progress, now, options)));
            }
        }
        if (!late.isEmpty()) {
            found.remarks().add(LATE + String.join("; ", late));
        }
    }

    /** Tells {@link #soFar} after each step what a part has found, too. */
    private StudyProgress watched(StudyProgress progress, Found now, StudyOptions options) {
        return new StudyProgress() {
            @Override
            public void stage(String name, int steps) {
                progress.stage(name, steps);
            }

            @Override
            public void step(String detail) {
                progress.step(detail);
                if (!now.results().isEmpty()) {
                    soFar.accept(measurements(found.and(now, options)));
                }
            }
        };
    }

    private Measurements measurements(Found all) {
        return new Measurements(List.copyOf(all.ceilings()), List.copyOf(all.results()), List.copyOf(all.traces()),
                List.copyOf(all.trajectories()), Stream.concat(Contenders.remarks().stream(), all.remarks().stream()).toList(),
                List.copyOf(failures), EvidenceLog.of(all.results()));
    }

    /**
     * Keeps the results of a part that ends, or else the reason why it failed. Half of a suite could be taken for the whole. If the time
     * is spent, what it has found so far is kept.
     */
    void attempt(String name, StudyOptions options, Consumer<Found> body) {
        Found now = new Found();
        try {
            body.accept(now);
        } catch (OutOfTime e) {
            late.add("the last cases of " + name);
            Fork.wasCut();
        } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            failures.add("the " + name + " suite failed, and its figures are left out: "
                    + (e instanceof StudyException ? e.getMessage() : e.toString()));
            return;
        }
        if (Fork.wasCut()) {
            late.add("the last cases of " + name);
        }
        found = found.and(now, options);
        soFar.accept(measurements(found));
    }
}
