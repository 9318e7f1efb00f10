package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The first seconds of a process: when it has its first answer, and how long a solve takes while the JIT compiles the kernels. Every solve
 * of a fresh JVM is timed, one after the other.
 */
final class WarmUpSuite {
    /** The ends of the intervals whose solves share a figure, in seconds from the start of the JVM. */
    private static final double[] SECONDS = {0.5, 1, 1.5, 2, 2.5, 3, 4, 5};

    private WarmUpSuite() {}

    static void run(StudyProgress progress, List<StudyResult> results) {
        List<String> shapes = List.of("64x1", "512x32");
        progress.stage("first seconds", shapes.size());
        for (String shape : shapes) {
            List<StudyResult> found = Fork.call(WarmUpChild.class, ForkResults.class, shape).results();
            results.addAll(found);
            progress.step(String.format(Locale.ROOT, "%s: first answer after %.1f s", shape.replace("x", " × "), found.getFirst().value()));
        }
    }

    /** Solves one shape until the last interval ends. */
    static final class WarmUpChild implements Fork.Task {
        @Override
        public Serializable run(String shape) {
            int n = Integer.parseInt(shape.substring(0, shape.indexOf('x')));
            int batch = Integer.parseInt(shape.substring(shape.indexOf('x') + 1));
            String name = "first seconds n=" + n + " B=" + batch;
            TreeMap<String, Double> params = new TreeMap<>(Map.of("n", (double) n, "batch", (double) batch));
            ArrayList<StudyResult> results = new ArrayList<>();
            long origin = System.nanoTime() - Math.round(1e6 * (System.currentTimeMillis()
                    - ManagementFactory.getRuntimeMXBean().getStartTime()));
            try (Engine engine = Engines.named(Contenders.own(), 1);
                    DenseCell cell = SolveSuite.cell(engine, n, batch);
                    Anderson solver = Anderson.plan(engine, Type.F32, batch, n, SolveChild.FIVE, Stopping.relative(1e-5));
                    Block z = engine.allocate(Type.F32, batch, n)) {
                double[] micros = new double[1 << 20];
                int count = 0;
                double last = Double.NaN;
                for (int interval = 0; interval < SECONDS.length;) {
                    z.fill(0);
                    long start = System.nanoTime();
                    solver.solve(cell, z);
                    long end = System.nanoTime();
                    double elapsed = (end - origin) * 1e-9;
                    if (results.isEmpty()) {
                        results.add(StudyResult.of("forward", name, engine.name(), 1, params, "firstAnswer", null, elapsed));
                    }
                    micros[count++] = (end - start) * 1e-3;
                    if (elapsed > SECONDS[interval] || count == micros.length) {
                        Arrays.sort(micros, 0, count);
                        last = Stopwatch.median(Arrays.copyOf(micros, count));
                        TreeMap<String, Double> at = new TreeMap<>(params);
                        // A solve that lasts longer than an interval ends after it.
                        at.put("seconds", elapsed);
                        results.add(StudyResult.of("forward", name, engine.name(), 1, at, "warmUpUs", null, last));
                        count = 0;
                        while (interval < SECONDS.length && SECONDS[interval] < elapsed) {
                            interval++;
                        }
                    }
                }
                results.add(StudyResult.of("forward", name, engine.name(), 1, params, "settledUs", null, last));
            }
            return new ForkResults(results);
        }
    }
}
