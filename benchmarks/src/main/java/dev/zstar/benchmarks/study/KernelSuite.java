package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** Kernels beside others on the same data, in several fresh JVMs, each case between two measurements of its ceiling. */
final class KernelSuite {
    /** A ceiling that moves by more than this while a case is timed says that the machine was disturbed. */
    private static final double DRIFT = 0.05;
    private static final int ATTEMPTS = 3;

    /** What one fork found for one case: sorted nanoseconds of each contender, the ceiling, and heap bytes of a call of the first. */
    private record Timing(KernelCase shape, LinkedHashMap<String, double[]> nanos, double ceiling, double drift, double allocated)
            implements Serializable {
        double ratio() {
            return nanos.get(shape.kind().second)[0] / nanos.get(shape.kind().first)[0];
        }
    }

    private record Found(ArrayList<Ceiling> ceilings, ArrayList<Timing> timings) implements Serializable {
        double drift() {
            return timings.stream().mapToDouble(Timing::drift).max().orElse(0);
        }
    }

    private KernelSuite() {}

    static void run(boolean quick, Progress progress, List<Ceiling> ceilings, List<Result> results) {
        int forks = quick ? 2 : 5;
        progress.stage("kernels", forks);
        List<Found> found = new ArrayList<>();
        for (int fork = 0; fork < forks; fork++) {
            Found one = Fork.call(Child.class, Found.class, quick ? "quick" : "full");
            found.add(one);
            progress.step(String.format("ceiling %.0f GFLOP/s, drift at most %.0f%%", one.ceilings().getFirst().value(), 100 * one.drift()));
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
        Map<KernelCase, List<Timing>> byCase = new LinkedHashMap<>();
        found.forEach(one -> one.timings().forEach(timing -> byCase.computeIfAbsent(timing.shape(), _ -> new ArrayList<>()).add(timing)));
        byCase.forEach((shape, timings) -> report(shape, timings, results));
    }

    private static void report(KernelCase shape, List<Timing> timings, List<Result> results) {
        KernelCase.Kind kind = shape.kind();
        for (String contender : timings.getFirst().nanos().keySet()) {
            boolean rated = kind != KernelCase.Kind.TRANSFORM && !contender.equals("bf16") && !contender.equals("int8");
            if (rated) {
                double limit = Stopwatch.quantile(sorted(timings, Timing::ceiling), 0.5);
                boolean alone = contender.equals("alone");
                results.add(result(shape, contender, alone ? 1 : shape.threads(), shape.computes() ? "gflops" : "gbps",
                        sorted(timings, timing -> shape.work() / timing.nanos().get(contender)[0]), alone ? null : limit));
            }
            results.add(result(shape, contender, shape.threads(), "us", sorted(timings, timing -> timing.nanos().get(contender)[0] / 1e3), null));
        }
        if (timings.getFirst().nanos().size() == 2) {
            results.add(result(shape, kind.first + "/" + kind.second, shape.threads(), "ratio", sorted(timings, Timing::ratio), null));
        }
        results.add(result(shape, kind.first, shape.threads(), "allocated", sorted(timings, Timing::allocated), null));
    }

    private static double[] sorted(List<Timing> timings, ToDoubleFunction<Timing> value) {
        return timings.stream().mapToDouble(value).sorted().toArray();
    }

    private static Result result(KernelCase shape, String engine, int threads, String metric, double[] sorted, Double limit) {
        TreeMap<String, Double> params = new TreeMap<>(Map.of("n", (double) shape.n(), "batch", (double) shape.batch()));
        return Result.of("kernels", shape.title(), engine, threads, params, metric, limit, sorted);
    }

    /** Measures everything once, in its own JVM. */
    static final class Child implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            boolean quick = argument.equals("quick");
            ArrayList<Ceiling> ceilings = new ArrayList<>();
            ArrayList<Timing> timings = new ArrayList<>();
            List<KernelCase> cases = KernelCase.all(quick);
            int most = cases.stream().mapToInt(KernelCase::threads).max().orElse(1);
            for (int threads = 1; threads <= most; threads++) {
                try (Roofline roofline = new Roofline(threads)) {
                    ceilings.addAll(roofline.measure(quick));
                    for (KernelCase shape : cases) {
                        if (shape.threads() == threads) {
                            timings.add(measure(shape, roofline, quick));
                        }
                    }
                }
            }
            return new Found(ceilings, timings);
        }

        private static Timing measure(KernelCase shape, Roofline roofline, boolean quick) {
            Deque<AutoCloseable> held = KernelCase.room();
            try {
                Map<String, Runnable> contenders = shape.contenders(held);
                Runnable[] bodies = contenders.values().toArray(Runnable[]::new);
                Timing timing = null;
                for (int attempt = 0; attempt < ATTEMPTS && (timing == null || timing.drift() > DRIFT); attempt++) {
                    double before = shape.ceiling(roofline);
                    double[][] nanos = Stopwatch.run(4_000_000, quick ? 25 : 40, bodies);
                    double after = shape.ceiling(roofline);
                    LinkedHashMap<String, double[]> byName = new LinkedHashMap<>();
                    int b = 0;
                    for (String name : contenders.keySet()) {
                        byName.put(name, nanos[b++]);
                    }
                    timing = new Timing(shape, byName, Math.max(before, after), Math.abs(after - before) / before, allocated(bodies[0]));
                }
                return timing;
            } finally {
                held.forEach(KernelSuite::close);
            }
        }

        private static double allocated(Runnable body) {
            var counter = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
            long before = counter.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 10; i++) {
                body.run();
            }
            return (counter.getCurrentThreadAllocatedBytes() - before) / 10.0;
        }
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            throw new StudyException("what was measured could not be closed: " + e.getMessage());
        }
    }

    static Block gaussian(Type type, Random random, int rows, int cols) {
        Block block = Block.allocate(type, rows, cols);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, random.nextGaussian() / Math.sqrt(cols));
            }
        }
        return block;
    }

    static Block gaussian(Random random, int rows, int cols) {
        return gaussian(Type.F32, random, rows, cols);
    }
}
