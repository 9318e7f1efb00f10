package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.MixedPrecision;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Solves one row of a cell whose weights do not fit the second-level cache, once with only the f32 weights, and once with narrower weights
 * that the f32 weights correct. Both reach the same residual. Measured are the time in turns, the evaluations of both kinds, and the bytes
 * of weights that they read.
 *
 * <p>The times have their own metric: readers of {@code us} expect an overhead, allocated bytes and a depth for the same case.
 */
final class MixedPrecisionChild implements Fork.Task {
    private static final List<Format> FORMATS = List.of(Format.BF16, Format.INT8);

    private final ArrayList<StudyResult> results = new ArrayList<>();
    private String name;
    private TreeMap<String, Double> params;

    @Override
    public Serializable run(String argument) {
        int n = Integer.parseInt(argument.substring(0, argument.indexOf('x')));
        int batch = Integer.parseInt(argument.substring(argument.indexOf('x') + 1));
        name = "mixed n=" + n + " B=" + batch;
        params = new TreeMap<>(Map.of("n", (double) n, "batch", (double) batch, "radius", SolveSuite.RADIUS));
        Stopping stopping = Stopping.relative(SolveSuite.TOLERANCE);
        try (Engine e = Engines.named(Contenders.own(), 1);
                DenseCell cell = SolveSuite.cell(e, n, batch, FORMATS.toArray(Format[]::new));
                Anderson anderson = Anderson.plan(e, Type.F32, batch, n, SolveChild.FIVE, stopping);
                MixedPrecision mixed = MixedPrecision.plan(e, Type.F32, batch, n, MixedPrecision.Options.DEFAULT, stopping);
                Block z = e.allocate(Type.F32, batch, n)) {
            FixedPointMap bf16 = cell.in(Format.BF16);
            FixedPointMap int8 = cell.in(Format.INT8);
            // Made once: a body of milliseconds is not hot enough for the JIT to remove what it allocates.
            Supplier<Outcome> inFull = () -> anderson.solve(cell, z);
            Supplier<Outcome> inBf16 = () -> mixed.solve(cell, bf16, z);
            Supplier<Outcome> inInt8 = () -> mixed.solve(cell, int8, z);
            Runnable[] ways = {() -> solve(inFull, z), () -> solve(inBf16, z), () -> solve(inInt8, z)};
            Stopwatch.settle(SolveSuite.WARM_NANOS, ways);
            Stopwatch.SliceTimes times = Stopwatch.run(4_000_000, 30, ways);
            double[][] nanos = times.nanos();
            Outcome pure = solve(inFull, z);
            double alone = (double) pure.evaluations() * cell.weightBytes(Format.FULL);
            add("f32", "mixedUs", Arrays.stream(nanos[0]).map(t -> t * 1e-3).toArray());
            add("f32", "allocated", (double) times.bytes()[0]);
            add("f32", "nfev", pure.evaluations());
            add("f32", "residual", pure.worstResidual());
            add("f32", "weightBytes", alone);
            for (int i = 0; i < FORMATS.size(); i++) {
                FixedPointMap cheap = cell.in(FORMATS.get(i));
                Outcome outcome = solve(() -> mixed.solve(cell, cheap, z), z);
                String way = FORMATS.get(i).toString();
                double read = (double) outcome.evaluations() * cell.weightBytes(Format.FULL)
                        + (double) mixed.cheapEvaluations() * cell.weightBytes(FORMATS.get(i));
                add(way, "mixedUs", Arrays.stream(nanos[i + 1]).map(t -> t * 1e-3).toArray());
                add(way, "allocated", (double) times.bytes()[i + 1]);
                add(way, "ratio", nanos[0][0] / nanos[i + 1][0]);
                add(way, "nfev", outcome.evaluations());
                add(way, "cheapNfev", mixed.cheapEvaluations());
                add(way, "residual", outcome.worstResidual());
                add(way, "weightBytes", read);
                add(way, "weightBytesRatio", alone / read);
            }
        }
        return new ForkResults(results);
    }

    private Outcome solve(Supplier<Outcome> solve, Block z) {
        z.fill(0);
        Outcome outcome = solve.get();
        if (!outcome.succeeded()) {
            throw new StudyException("forward: " + name + " failed: " + outcome);
        }
        return outcome;
    }

    private void add(String way, String metric, double... values) {
        results.add(StudyResult.ofOneFork("forward", name + " " + way, Contenders.own(), 1, params, metric, values));
    }
}
