package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.evidence.Evidence;
import dev.zstar.bridge.linux.Counters;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * Times kernels, and what they are compared with, on the same data in several fresh JVMs. The ceiling is measured before and after each
 * case.
 */
final class KernelSuite {
    /** If the ceiling changes by more than this while a case is timed, the machine was disturbed. */
    private static final double DRIFT = 0.05;
    private static final int ATTEMPTS = 3;
    /** How long a contender may take until it stops allocating, before each attempt. */
    private static final long SETTLE_NANOS = 3_000_000_000L;
    /** Shorter than the turn of a process on a busy machine, so that some slices are not interrupted. The fastest one counts. */
    private static final int SLICE_NANOS = 1_000_000;
    private static final int QUICK_SLICES = 100;
    private static final int FULL_SLICES = 160;

    /**
     * One case in one fork. Without a ceiling, the ceiling and the drift are NaN.
     *
     * @param events figures of {@link CallEvents} by contender and metric; none where counters cannot be read
     */
    private record Timing(
            KernelCase shape, LinkedHashMap<String, CallCost> times, double ceiling, double drift,
            TreeMap<String, SortedMap<String, Double>> events, Evidence evidence)
            implements Serializable {
        double nanos(String contender) {
            return times.get(contender).nanos();
        }

        double ratio() {
            return nanos(shape.second()) / nanos(shape.first());
        }

        /** This attempt, with the times of earlier ones that were faster, and the highest ceiling of all. */
        Timing orFaster(Timing earlier) {
            if (earlier == null) {
                return this;
            }
            times.replaceAll((contender, cost) -> cost.orFaster(earlier.times.get(contender)));
            return new Timing(shape, times, Math.max(ceiling, earlier.ceiling), drift, events, evidence);
        }

        /** Whether the machine was undisturbed and all code was compiled. */
        boolean settled() {
            return !(drift > DRIFT) && times.values().stream().allMatch(one -> one.bytes() == 0);
        }
    }

    /** @param cut whether cases are missing, since the time budget was spent */
    private record KernelFigures(ArrayList<Ceiling> ceilings, ArrayList<Timing> timings, boolean cut) implements Serializable {
        double drift() {
            return timings.stream().mapToDouble(Timing::drift).filter(Double::isFinite).max().orElse(0);
        }
    }

    private KernelSuite() {}

    static void run(StudyOptions options, StudyProgress progress, List<Ceiling> ceilings, List<StudyResult> results) {
        if (wanted(options.quick(), options.filter()).isEmpty()) {
            return;
        }
        int forks = options.quick() ? 2 : 5;
        progress.stage("kernels", forks);
        List<KernelFigures> found = new ArrayList<>();
        Fork.repeat(forks, () -> {
            Fork.Measured<KernelFigures> measured = Fork.measure(
                    KernelChild.class, KernelFigures.class, (options.quick() ? "quick " : "full ") + options.filter());
            KernelFigures one = measured.value();
            found.add(one);
            one.timings().forEach(timing -> EvidenceLog.add(
                    List.of(EvidenceLog.name("kernels", timing.shape().title())), measured.again(), timing.evidence()));
            progress.step(one.ceilings().isEmpty() ? "on " + Contenders.own() : String.format(
                    Locale.ROOT, "ceiling %.0f GFLOP/s, drift at most %.0f%%", one.ceilings().getFirst().value(), 100 * one.drift()));
        });
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
        if (found.stream().allMatch(KernelFigures::cut)) {
            throw new OutOfTime();
        }
    }

    private static List<KernelCase> wanted(boolean quick, String filter) {
        return KernelCase.all(quick).stream().filter(one -> StudyOptions.wants(filter, one.title())).toList();
    }

    private static void report(KernelCase shape, List<Timing> timings, List<StudyResult> results) {
        KernelCase.Comparison comparison = shape.comparison();
        for (String contender : timings.getFirst().times().keySet()) {
            boolean alone = contender.equals("alone");
            boolean rated = comparison != KernelCase.Comparison.TRANSFORM && !contender.equals("bf16") && !contender.equals("int8");
            if (rated) {
                double limit = Stopwatch.median(sorted(timings, Timing::ceiling));
                results.add(result(shape, contender, shape.computes() ? "gflops" : "gbps",
                        sorted(timings, timing -> shape.work() / timing.nanos(contender)), alone || Double.isNaN(limit) ? null : limit));
            }
            double[] micros = sorted(timings, timing -> timing.nanos(contender) / 1e3);
            results.add(result(shape, contender, "us", micros, null));
            // The maximum of the forks: a fork that allocated spoils the figure.
            double bytes = timings.stream().mapToLong(timing -> timing.times().get(contender).bytes()).max().orElseThrow();
            results.add(result(shape, contender, "allocated", new double[] {bytes}, null));
            events(shape, contender, timings, results);
        }
        if (timings.getFirst().times().size() == 2) {
            String both = shape.first() + "/" + shape.second();
            results.add(result(shape, both, "ratio", sorted(timings, Timing::ratio), null));
        }
    }

    /** The figures of the processor's counters that every fork has. */
    private static void events(KernelCase shape, String contender, List<Timing> timings, List<StudyResult> results) {
        List<SortedMap<String, Double>> forks =
                timings.stream().map(timing -> timing.events().getOrDefault(contender, new TreeMap<>())).toList();
        for (String metric : forks.getFirst().keySet()) {
            if (forks.stream().allMatch(fork -> fork.containsKey(metric))) {
                double[] values = forks.stream().mapToDouble(fork -> fork.get(metric)).sorted().toArray();
                results.add(result(shape, contender, metric, values, null));
            }
        }
    }

    private static double[] sorted(List<Timing> timings, ToDoubleFunction<Timing> value) {
        return timings.stream().mapToDouble(value).sorted().toArray();
    }

    private static StudyResult result(KernelCase shape, String engine, String metric, double[] sorted, Double limit) {
        double bytes = shape.leastBytes(engine);
        int threads = engine.equals("alone") ? 1 : shape.threads();
        TreeMap<String, Double> params = new TreeMap<>(Map.of("n", (double) shape.n(), "batch", (double) shape.batch(),
                "bits", 8.0 * shape.type().bytes(), "operations", shape.operations(), "leastBytes", bytes,
                "level", (double) Roofline.level(bytes, threads)));
        return StudyResult.of("kernels", shape.title(), engine, threads, params, metric, limit, sorted);
    }

    /** Measures all cases once in its own JVM. */
    static final class KernelChild implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            boolean quick = argument.startsWith("quick ");
            String filter = argument.substring(argument.indexOf(' ') + 1);
            ArrayList<Ceiling> ceilings = new ArrayList<>();
            ArrayList<Timing> timings = new ArrayList<>();
            List<KernelCase> cases = wanted(quick, filter);
            int most = cases.stream().mapToInt(KernelCase::threads).max().orElse(1);
            for (int threads = 1; threads <= most; threads++) {
                Pinning.to(threads);
                // The loops that measure ceilings are vector code.
                try (Roofline roofline = Contenders.fast() ? new Roofline(threads) : null) {
                    if (roofline != null) {
                        ceilings.addAll(roofline.measure(quick));
                    }
                    for (KernelCase shape : cases) {
                        if (shape.threads() == threads && Fork.another(timings.size(), cases.size())) {
                            timings.add(measure(shape, roofline, quick));
                            if (timings.size() < cases.size()) {
                                Fork.keep(new KernelFigures(ceilings, timings, true));
                            }
                        }
                    }
                }
            }
            return new KernelFigures(ceilings, timings, timings.size() < cases.size());
        }

        private static Timing measure(KernelCase shape, Roofline roofline, boolean quick) {
            Deque<AutoCloseable> held = new ArrayDeque<>();
            try {
                Optional<Counters> counters = CallEvents.open(held);
                Map<String, Runnable> contenders = shape.contenders(held);
                Runnable[] bodies = contenders.values().toArray(Runnable[]::new);
                Timing timing = null;
                for (int attempt = 0; Fork.another(attempt, ATTEMPTS) && (timing == null || !timing.settled()); attempt++) {
                    Stopwatch.settle(SETTLE_NANOS, bodies);
                    double before = ceiling(shape, roofline);
                    Stopwatch.SliceTimes found = Stopwatch.run(SLICE_NANOS, quick ? QUICK_SLICES : FULL_SLICES, bodies);
                    double after = ceiling(shape, roofline);
                    LinkedHashMap<String, CallCost> times = new LinkedHashMap<>();
                    TreeMap<String, SortedMap<String, Double>> events = new TreeMap<>();
                    int b = 0;
                    for (Map.Entry<String, Runnable> contender : contenders.entrySet()) {
                        CallCost cost = CallCost.of(found, b);
                        times.put(contender.getKey(), cost);
                        counters.ifPresent(open ->
                                events.put(contender.getKey(), CallEvents.of(open, contender.getValue(), cost.nanos())));
                        b++;
                    }
                    double drift = Math.abs(after - before) / before;
                    timing = new Timing(shape, times, Math.max(before, after), drift, events, found.evidence()).orFaster(timing);
                }
                return timing;
            } finally {
                held.forEach(KernelSuite::close);
            }
        }

        private static double ceiling(KernelCase shape, Roofline roofline) {
            return roofline == null ? Double.NaN : shape.ceiling(roofline);
        }
    }

    static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            throw new StudyException("kernels: a resource could not be closed: " + e.getMessage());
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
