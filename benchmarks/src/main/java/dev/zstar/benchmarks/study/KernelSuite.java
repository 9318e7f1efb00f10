package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** gemv and gemm of every engine beside the others, one thread, in several fresh JVMs. */
final class KernelSuite {
    private record Case(int n, int batch) implements Serializable {
        String name() {
            return batch == 1 ? "gemv n=" + n : batch == n ? "gemm n=" + n : "gemm n=" + n + " B=" + batch;
        }
    }

    /** What one fork found for one case and engine. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Timing(Case shape, String engine, double[] nanos) implements Serializable {}

    private record Found(List<Ceiling> ceilings, List<Timing> timings, double drift) implements Serializable {}

    private KernelSuite() {}

    private static List<Case> cases(boolean quick) {
        List<Case> cases = new ArrayList<>();
        for (int n : quick ? new int[] {256, 1024, 2048} : new int[] {64, 128, 256, 512, 1024, 2048, 4096}) {
            cases.add(new Case(n, 1));
        }
        for (int n : quick ? new int[] {512, 1024} : new int[] {128, 256, 512, 1024}) {
            cases.add(new Case(n, n));
        }
        cases.add(new Case(512, 32));
        cases.add(new Case(1024, 32));
        return cases;
    }

    static void run(boolean quick, Progress progress, List<Ceiling> ceilings, List<Result> results) {
        int forks = quick ? 2 : 5;
        progress.stage("kernels", forks);
        List<Found> found = new ArrayList<>();
        for (int fork = 0; fork < forks; fork++) {
            Found one = Fork.call(Child.class, Found.class, quick ? "quick" : "full");
            found.add(one);
            progress.step(String.format("ceiling %.0f GFLOP/s, drift %.0f%%", one.ceilings().getFirst().value(), 100 * one.drift()));
        }
        for (Ceiling ceiling : found.getFirst().ceilings()) {
            double best = found.stream()
                    .flatMap(one -> one.ceilings().stream())
                    .filter(other -> other.name().equals(ceiling.name()))
                    .mapToDouble(Ceiling::value)
                    .max()
                    .orElseThrow();
            ceilings.add(new Ceiling(ceiling.name(), best, ceiling.unit()));
        }
        Map<Case, Map<String, List<double[]>>> byCase = new LinkedHashMap<>();
        for (Found one : found) {
            for (Timing timing : one.timings()) {
                byCase.computeIfAbsent(timing.shape(), _ -> new LinkedHashMap<>())
                        .computeIfAbsent(timing.engine(), _ -> new ArrayList<>())
                        .add(timing.nanos());
            }
        }
        byCase.forEach((shape, engines) -> engines.forEach((engine, forked) -> {
            results.add(rate(shape, engine, forked, ceilings));
            if (engine.equals("simd") && engines.containsKey("openblas")) {
                results.add(ratio(shape, forked, engines.get("openblas")));
            }
        }));
    }

    /** GFLOP/s of gemm, GB/s of gemv: of each fork's fastest slice, then over the forks. */
    private static Result rate(Case shape, String engine, List<double[]> forked, List<Ceiling> ceilings) {
        boolean gemv = shape.batch() == 1;
        double work = gemv ? 4.0 * shape.n() * shape.n() : 2.0 * shape.n() * shape.n() * shape.batch();
        double[] rates = forked.stream().mapToDouble(nanos -> work / nanos[0]).sorted().toArray();
        String ceiling = gemv ? Roofline.level(4.0 * shape.n() * shape.n()) : "fma.f32.1t";
        Double limit = ceilings.stream().filter(c -> c.name().equals(ceiling)).map(Ceiling::value).findFirst().orElse(null);
        return result(shape, engine, gemv ? "gbps" : "gflops", rates, limit);
    }

    /** How many times as fast simd is as OpenBLAS: fastest slice over fastest slice within a fork, then over the forks. */
    private static Result ratio(Case shape, List<double[]> simd, List<double[]> openblas) {
        double[] ratios = new double[simd.size()];
        for (int fork = 0; fork < ratios.length; fork++) {
            ratios[fork] = openblas.get(fork)[0] / simd.get(fork)[0];
        }
        Arrays.sort(ratios);
        return result(shape, "simd/openblas", "ratio", ratios, null);
    }

    private static Result result(Case shape, String engine, String metric, double[] sorted, Double limit) {
        TreeMap<String, Double> params = new TreeMap<>(Map.of("n", (double) shape.n(), "batch", (double) shape.batch()));
        double median = Stopwatch.quantile(sorted, 0.5);
        return new Result("kernels", shape.name(), engine, 1, params, metric, median, sorted[0], median,
                Stopwatch.quantile(sorted, 0.9), sorted.length, limit);
    }

    /** Measures everything once, in its own JVM. */
    static final class Child implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            boolean quick = argument.equals("quick");
            List<Ceiling> ceilings = Roofline.measure(quick);
            List<Timing> timings = new ArrayList<>();
            List<String> names = Study.engines();
            for (Case shape : cases(quick)) {
                timings.addAll(measure(shape, names, quick));
            }
            double before = ceilings.getFirst().value();
            return new Found(ceilings, timings, Math.abs(Roofline.multiplyAdd() - before) / before);
        }

        private static List<Timing> measure(Case shape, List<String> names, boolean quick) {
            List<Engine> engines = names.stream().map(name -> Engines.named(name, 1)).toList();
            Random random = new Random(shape.n());
            try (Block w = gaussian(random, shape.n(), shape.n());
                    Block z = gaussian(random, shape.batch(), shape.n());
                    Block out = Block.allocate(Type.F32, shape.batch(), shape.n())) {
                List<Weights> packed = engines.stream().map(engine -> engine.pack(w)).toList();
                Runnable[] bodies = new Runnable[names.size()];
                for (int e = 0; e < bodies.length; e++) {
                    Engine engine = engines.get(e);
                    Weights weights = packed.get(e);
                    bodies[e] = () -> engine.apply(weights, z, out, Epilogue.NONE);
                }
                double[][] nanos = Stopwatch.run(4_000_000, quick ? 25 : 40, bodies);
                packed.forEach(Weights::close);
                List<Timing> timings = new ArrayList<>();
                for (int e = 0; e < bodies.length; e++) {
                    timings.add(new Timing(shape, names.get(e), nanos[e]));
                }
                return timings;
            } finally {
                engines.forEach(Engine::close);
            }
        }
    }

    static Block gaussian(Random random, int rows, int cols) {
        Block block = Block.allocate(Type.F32, rows, cols);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, random.nextGaussian() / Math.sqrt(cols));
            }
        }
        return block;
    }
}
