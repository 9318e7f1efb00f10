package dev.zstar.benchmarks.study;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Times products on one thread, by each engine and with each format of weights: the contenders take turns in one JVM. */
public final class ProductClock {
    private static final String OPENBLAS = "openblas";
    /** How long a contender may take until it stops allocating. */
    private static final long SETTLE_NANOS = 3_000_000_000L;
    private static final int SLICES = 8;
    /** The warm-up of a body that has settled, in nanoseconds. */
    private static final long WARM_NANOS = 100_000_000;

    private ProductClock() {}

    /** A product of {@code rows × n} with {@code n × n}. */
    public record Shape(int rows, int n) {
        /** A shape nearby that had no part in a choice. */
        public Shape heldOut() {
            return new Shape(rows + rows / 4, n - n / 8);
        }

        private static Shape read(String text) {
            int times = text.indexOf('x');
            return new Shape(Integer.parseInt(text.substring(0, times)), Integer.parseInt(text.substring(times + 1)));
        }
    }

    /** The shapes, by n and then by rows: weights that fit a second-level cache, and weights that do not. */
    public static List<Shape> shapes(boolean quick) {
        List<Shape> shapes = new ArrayList<>();
        for (int n : quick ? new int[] {1024} : new int[] {512, 2048}) {
            for (int rows : quick ? new int[] {1, 256} : new int[] {1, 16, 256}) {
                shapes.add(new Shape(rows, n));
            }
        }
        return shapes;
    }

    /** The names of the contenders: {@code simd}, then {@code openblas} if it can run here, then the formats of weights. */
    public static List<String> contenders() {
        return unavailable().isPresent() ? List.of("simd", "bf16", "int8") : List.of("simd", OPENBLAS, "bf16", "int8");
    }

    /** Why OpenBLAS is not compared; empty if it is. */
    public static Optional<String> unavailable() {
        return Engines.providers().stream().filter(provider -> provider.name().equals(OPENBLAS)).findFirst()
                .flatMap(EngineProvider::unavailable);
    }

    /**
     * Starts a JVM, and waits for it.
     *
     * @param round every second round has the reverse order
     * @return for each shape the nanoseconds of each contender, in the order of {@link #contenders}; NaN if its code was never compiled
     * @throws StudyException if the JVM fails
     */
    public static double[][] time(List<Shape> shapes, int round) {
        String list = shapes.stream().map(shape -> shape.rows() + "x" + shape.n()).collect(Collectors.joining(","));
        return Fork.call(ProductChild.class, double[][].class, round + " " + list);
    }

    /** Measures all shapes once. */
    static final class ProductChild implements Fork.Task {
        @Override
        public Serializable run(String argument) {
            String[] words = argument.split(" ", 2);
            List<double[]> times = new ArrayList<>();
            for (String shape : words[1].split(",", -1)) {
                times.add(measure(Shape.read(shape), Integer.parseInt(words[0]) % 2 == 1));
            }
            return times.toArray(double[][]::new);
        }

        private static double[] measure(Shape shape, boolean reversed) {
            Deque<AutoCloseable> held = new ArrayDeque<>();
            try {
                Map<String, Runnable> bodies = new LinkedHashMap<>();
                for (KernelCase.Comparison comparison : List.of(
                        KernelCase.Comparison.GEMM, KernelCase.Comparison.BF16, KernelCase.Comparison.INT8)) {
                    new KernelCase(comparison, Type.F32, shape.n(), shape.rows(), 1).contenders(held).forEach(bodies::putIfAbsent);
                }
                return inTurns(contenders().stream().map(bodies::get).toList(), SETTLE_NANOS, SLICES, reversed);
            } finally {
                held.forEach(KernelSuite::close);
            }
        }
    }

    /** The nanoseconds of each body in its fastest slice; NaN for one that still allocates, since its code is not compiled. */
    static double[] inTurns(List<Runnable> bodies, long settleNanos, int slices, boolean reversed) {
        List<Runnable> order = new ArrayList<>(bodies);
        if (reversed) {
            Collections.reverse(order);
        }
        Runnable[] all = order.toArray(Runnable[]::new);
        Stopwatch.settle(settleNanos, all);
        Stopwatch.SliceTimes times = Stopwatch.run(WARM_NANOS, 4_000_000, slices, all);
        double[] nanos = new double[all.length];
        for (int b = 0; b < all.length; b++) {
            nanos[reversed ? all.length - 1 - b : b] = times.bytes()[b] == 0 ? times.nanos()[b][0] : Double.NaN;
        }
        return nanos;
    }
}
