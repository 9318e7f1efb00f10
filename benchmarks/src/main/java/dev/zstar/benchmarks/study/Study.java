package dev.zstar.benchmarks.study;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import java.util.ArrayList;
import java.util.List;

/** Measures this machine, suite by suite. Each suite that compares speeds runs in fresh JVMs, one after the other. */
public final class Study {
    /** The names of the suites, in the order they run. */
    public static final List<String> SUITES = List.of("kernels", "forward", "backward", "streaming", "depth", "training");

    private Study() {}

    /** Runs the suites that were asked for. */
    public static Measurements run(StudyOptions options, Progress progress) {
        List<Ceiling> ceilings = new ArrayList<>();
        List<Result> results = new ArrayList<>();
        List<Trace> traces = new ArrayList<>();
        if (options.wants("kernels")) {
            KernelSuite.run(options.quick(), progress, ceilings, results);
        }
        if (options.wants("forward") || options.wants("backward")) {
            SolveSuite.run(options, progress, results, traces);
        }
        if (options.wants("forward")) {
            ProblemSuite.run(progress, results);
            FaultSuite.run(options.quick(), progress, results);
        }
        if (options.wants("backward")) {
            BackwardSuite.run(options, progress, results);
        }
        if (options.wants("streaming")) {
            StreamingSuite.run(options.quick(), progress, results);
        }
        if (options.wants("depth")) {
            DepthSuite.run(options.quick(), progress, results);
        }
        if (options.wants("training")) {
            TrainingSuite.run(options, progress, results);
        }
        return new Measurements(List.copyOf(ceilings), List.copyOf(results), List.copyOf(traces));
    }

    /** The engines to compare, by name: those written for speed that can run here. */
    static List<String> engines() {
        return Engines.providers().stream()
                .filter(provider -> provider.priority() > 0 && provider.unavailable().isEmpty())
                .map(EngineProvider::name)
                .toList();
    }
}
