package dev.zstar.benchmarks.study;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import java.util.ArrayList;
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

    private static final String FAST = "simd";
    private static final String PLAIN = "scalar";

    private final List<Ceiling> ceilings = new ArrayList<>();
    private final List<StudyResult> results = new ArrayList<>();
    private final List<Trace> traces = new ArrayList<>();
    private final List<Trajectory> trajectories = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    private final Consumer<Measurements> soFar;

    Study(Consumer<Measurements> soFar) {
        this.soFar = soFar;
    }

    /**
     * Runs the suites of the options.
     *
     * @param soFar receives everything that was measured, after each part that gave figures
     * @throws StudyException if no suite gave a figure
     */
    public static Measurements run(StudyOptions options, StudyProgress progress, Consumer<Measurements> soFar) {
        Study study = new Study(soFar);
        Fork.keepIn(options.journal() == null ? null : Journal.in(options.journal()));
        EvidenceLog.clear();
        Pinning.pinChildren(options.pin());
        try {
            study.suites(options, progress);
        } finally {
            Fork.keepIn(null);
            Pinning.pinChildren(false);
        }
        if (study.results.isEmpty() && !study.failures.isEmpty()) {
            throw new StudyException(String.join("\n", study.failures));
        }
        return study.measurements();
    }

    private void suites(StudyOptions options, StudyProgress progress) {
        if (options.wants("kernels")) {
            attempt("kernels", part -> KernelSuite.run(options.quick(), progress, part.ceilings, part.results));
        }
        if (options.wants("cells")) {
            attempt("cells", part -> CellsSuite.run(options.quick(), progress, part.results, part.remarks));
        }
        if (options.wants("forward") || options.wants("backward")) {
            attempt("forward and backward", part -> SolveSuite.run(options, progress, part.results, part.traces));
        }
        if (options.wants("forward")) {
            attempt("forward: problems", part -> ProblemSuite.run(progress, part.results));
            attempt("forward: trajectories", part -> TrajectorySuite.run(progress, part.trajectories));
            attempt("forward: random solves", part -> FaultSuite.run(options.quick(), progress, part.results));
        }
        if (options.wants("backward")) {
            attempt("backward", part -> BackwardSuite.run(options, progress, part.results));
        }
        if (options.wants("streaming")) {
            attempt("streaming", part -> StreamingSuite.run(options.quick(), progress, part.results));
        }
        if (options.wants("depth")) {
            attempt("depth", part -> DepthSuite.run(options.quick(), progress, part.results));
        }
        if (options.wants("training")) {
            attempt("training", part -> TrainingSuite.run(options, progress, part.results));
        }
    }

    private Measurements measurements() {
        return new Measurements(List.copyOf(ceilings), List.copyOf(results), List.copyOf(traces), List.copyOf(trajectories),
                Stream.concat(engineRemarks().stream(), remarks.stream()).toList(), List.copyOf(failures), EvidenceLog.of(results));
    }

    /** Keeps the results of a suite that ends, or else the reason why it failed. Half of a suite could be taken for the whole. */
    void attempt(String suite, Consumer<Study> body) {
        Study part = new Study(_ -> {});
        try {
            body.accept(part);
        } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            failures.add("the " + suite + " suite failed, and its figures are left out: "
                    + (e instanceof StudyException ? e.getMessage() : e.toString()));
            return;
        }
        ceilings.addAll(part.ceilings);
        results.addAll(part.results);
        traces.addAll(part.traces);
        trajectories.addAll(part.trajectories);
        remarks.addAll(part.remarks);
        soFar.accept(measurements());
    }

    /** The engine that runs zstar's own kernels here: {@code simd}, or {@code scalar} if {@code simd} cannot run. */
    static String own() {
        return available().anyMatch(provider -> provider.name().equals(FAST)) ? FAST : PLAIN;
    }

    /** Whether zstar's own kernels run as vector code here. */
    static boolean fast() {
        return own().equals(FAST);
    }

    /** The names of the engines to compare: zstar's own, then the other fast engines that can run here. */
    static List<String> engines() {
        String own = own();
        return Stream.concat(Stream.of(own), available()
                .filter(provider -> provider.priority() > 0)
                .map(EngineProvider::name)
                .filter(name -> !name.equals(own)))
                .toList();
    }

    private static Stream<EngineProvider> available() {
        return Engines.providers().stream().filter(provider -> provider.unavailable().isEmpty());
    }

    /** Sentences about engines that are left out on this machine, and why. */
    private static List<String> engineRemarks() {
        List<String> remarks = new ArrayList<>();
        for (EngineProvider provider : Engines.providers()) {
            provider.unavailable().ifPresent(reason -> remarks.add(provider.name().equals(FAST)
                    ? "the simd engine cannot run here (" + reason + "), so the scalar engine was measured instead, on one thread, without "
                            + "ceilings and without large products"
                    : "the " + provider.name() + " engine is not compared: " + reason));
        }
        return List.copyOf(remarks);
    }
}
