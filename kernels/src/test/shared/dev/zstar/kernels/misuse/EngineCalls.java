package dev.zstar.kernels.misuse;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.AdamStep;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.Weights;
import dev.zstar.kernels.spi.PlainWeights;
import java.util.Map;
import java.util.function.Consumer;

/** A right call of each method of {@link Engine}. */
final class EngineCalls {
    private EngineCalls() {}

    static void addTo(Map<String, Consumer<Scene>> calls) {
        calls.put("allocate", EngineCalls::allocate);
        calls.put("pack", s -> pack(s, false));
        calls.put("pack to a format", s -> pack(s, true));
        calls.put("update", EngineCalls::update);
        calls.put("apply", EngineCalls::apply);
        calls.put("applyTransposed", EngineCalls::applyTransposed);
        calls.put("gemm", EngineCalls::gemm);
        calls.put("gemm of systems", EngineCalls::systems);
        calls.put("addOuter", EngineCalls::addOuter);
        calls.put("finish", EngineCalls::finish);
        calls.put("axpby", s -> two(s, "x", "y", true, () -> s.engine.axpby(0.5, s.b("x"), 0.25, s.b("y"))));
        calls.put("axpby by row", EngineCalls::axpbyByRow);
        calls.put("axpy", s -> two(s, "x", "y", true, () -> s.engine.axpy(0.5, s.b("x"), s.b("y"))));
        calls.put("scale", EngineCalls::scale);
        calls.put("copy", s -> two(s, "x", "y", true, () -> s.engine.copy(s.b("x"), s.b("y"))));
        calls.put("multiply", s -> multiply(s, () -> s.engine.multiply(s.b("x"), s.b("y"), s.b("out"))));
        calls.put("multiplyAdd", s -> multiply(s, () -> s.engine.multiplyAdd(s.b("x"), s.b("y"), s.b("out"))));
        calls.put("multiplyColumns", EngineCalls::multiplyColumns);
        calls.put("multiplyColumnsGradient", EngineCalls::multiplyColumnsGradient);
        calls.put("activate", s -> activation(s, (phi, x, out) -> s.engine.activate(phi, x, out)));
        calls.put("derivative", s -> activation(s, (phi, x, out) -> s.engine.derivative(phi, x, out)));
        calls.put("secondDerivative", s -> activation(s, (phi, x, out) -> s.engine.secondDerivative(phi, x, out)));
        calls.put("dot", EngineCalls::dot);
        calls.put("norm", s -> sum(s, () -> s.engine.norm(s.b("x"), s.d("out"))));
        calls.put("asum", s -> sum(s, () -> s.engine.asum(s.b("x"), s.d("out"))));
        calls.put("iamax", EngineCalls::iamax);
        calls.put("multiDot", s -> sweep(s, "h", false,
                () -> s.engine.multiDot(s.basis("v"), s.n("count"), s.b("w"), s.rows("rows"), s.d("h"))));
        calls.put("multiAxpy", s -> sweep(s, "c", true,
                () -> s.engine.multiAxpy(s.basis("v"), s.n("count"), s.d("c"), s.b("w"), s.rows("rows"), s.d("squares"))));
        calls.put("mix", s -> sweep(s, "c", false, () -> s.engine.mix(s.basis("v"), s.n("count"), s.d("c"), s.b("w"), s.rows("rows"))));
        calls.put("project", s -> sweep(s, "h", true,
                () -> s.engine.project(s.basis("v"), s.n("count"), s.b("w"), s.rows("rows"), s.d("h"), s.d("squares"))));
        calls.put("store", s -> store(s, () -> s.engine.store(s.b("w"), s.d("s"), s.basis("v"), s.n("slot"), s.rows("rows"))));
        calls.put("normalise", s -> store(s, () -> s.engine.normalise(s.b("w"), s.d("s"), s.basis("v"), s.n("slot"), s.rows("rows"))));
        calls.put("parallel", EngineCalls::parallel);
        calls.put("mixAround", EngineCalls::mixAround);
        calls.put("residualSweep", EngineCalls::residualSweep);
        calls.put("adam", EngineCalls::adam);
    }

    static Activation activation(Scene s) {
        return s.any(Activation.values());
    }

    private static void parallel(Scene s) {
        s.add("loop", (Team.Loop) (from, to) -> { }, "loop").notNull();
        s.call(o -> o.engine.parallel(s.few(), (Team.Loop) o.get("loop")));
    }

    private static void allocate(Scene s) {
        s.add("type", s.type, "type").notNull();
        s.number("rows", s.size(), "dimensions", -1, Integer.MIN_VALUE);
        s.number("cols", s.size(), "dimensions", -1).wrong("too long", Integer.MAX_VALUE, "row");
        s.call(o -> o.engine.allocate((dev.zstar.kernels.Type) o.get("type"), o.n("rows"), o.n("cols")).close());
    }

    private static void pack(Scene s, boolean format) {
        s.block("w", s.size(), s.size()).without("of another type", "a row more", "a row less", "a column more", "a column less");
        Operand formats = s.add("format", s.type == dev.zstar.kernels.Type.F32 ? s.any(Format.values()) : Format.FULL, "format");
        if (format) {
            formats.notNull();
            if (s.type == dev.zstar.kernels.Type.F64) {
                formats.wrong("narrow", Format.BF16).wrong("of integers", Format.INT8);
            }
        }
        s.call(o -> (format ? o.engine.pack(o.b("w"), (Format) o.get("format")) : o.engine.pack(o.b("w"))).close());
    }

    private static Weights weights(Scene s, int rows, int cols) {
        Format format = s.type == dev.zstar.kernels.Type.F32 ? s.any(Format.values()) : Format.FULL;
        return s.own(s.engine.pack(s.fresh(s.type, rows, cols), format));
    }

    private static Operand weights(Scene s, String name, int rows, int cols) {
        Weights right = weights(s, rows, cols);
        right.prepareTransposed();
        Weights closed = weights(s, rows, cols);
        closed.close();
        String other = s.engine.name().equals("scalar") ? "openblas" : "scalar";
        return s.add(name, right, "w")
                .notNull()
                .wrong("closed", closed, "weights")
                .wrong("another engine's", s.own(new PlainWeights(other, s.fresh(s.type, rows, cols), Format.FULL)), "weights")
                .mismatch("of another shape", weights(s, rows + 1, cols + 1));
    }

    private static void update(Scene s) {
        int rows = s.size();
        int cols = s.size();
        s.block("w", rows, cols);
        weights(s, "weights", rows, cols).without("null", "another engine's", "of another shape");
        s.block("z", 1, cols).wrongs.clear();
        s.block("out", 1, rows).wrongs.clear();
        s.call(o -> {
            Weights weights = (Weights) o.get("weights");
            weights.update(o.b("w"));
            o.engine.apply(weights, o.b("z"), o.b("out"), Epilogue.NONE);
        });
    }

    /** The operands of an epilogue for rows of {@code n}. */
    private static void epilogue(Scene s, int batch, int n, boolean norms) {
        int capacity = batch + s.random.nextInt(3);
        s.maybe("bias", 1, n);
        // More rows than there are in the batch are right.
        s.maybe("injection", capacity, n).without("a row more");
        s.add("rows", s.map(capacity, batch), "rows")
                .mismatch("fewer rows", s.map(capacity, batch - 1))
                .mismatch("a larger batch", s.map(capacity + 1, batch));
        s.add("activation", activation(s), "activation").notNull();
        s.maybe("slope", batch, n);
        s.add("norms", norms ? new Epilogue.Norms(batch) : null, "norms");
        if (norms) {
            s.operands.get("norms").wrong("too small", new Epilogue.Norms(batch - 1));
        }
        s.add("epilogue", "made of the others", "epilogue").notNull();
    }

    /** The epilogue of a scene's operands, wrong ones included. */
    static Epilogue epilogue(Scene s) {
        return s.get("epilogue") == null ? null : new Epilogue(s.b("bias"), s.b("injection"), s.rows("rows"),
                (Activation) s.get("activation"), s.b("slope"), (Epilogue.Norms) s.get("norms"));
    }

    private static void apply(Scene s) {
        boolean norms = s.random.nextBoolean();
        int n = s.size();
        int inputs = norms ? n : s.size();
        int batch = s.size();
        weights(s, "w", n, inputs);
        s.block("z", batch, inputs);
        s.block("out", batch, n);
        epilogue(s, batch, n, norms);
        s.apart("out", "z", "bias", "injection", "slope");
        s.apart("slope", "z", "bias", "injection");
        s.call(o -> o.engine.apply((Weights) o.get("w"), o.b("z"), o.b("out"), epilogue(o)));
    }

    private static void applyTransposed(Scene s) {
        int n = s.size();
        int inputs = s.random.nextBoolean() ? n : s.size();
        int batch = s.size();
        weights(s, "w", n, inputs);
        s.block("u", batch, n);
        s.block("out", batch, inputs);
        s.apart("out", "u");
        s.call(o -> o.engine.applyTransposed((Weights) o.get("w"), o.b("u"), o.b("out")));
    }

    private static void gemm(Scene s) {
        int m = s.size();
        int k = s.random.nextBoolean() ? m : s.size();
        int n = s.random.nextBoolean() ? m : s.size();
        boolean ta = s.random.nextBoolean();
        boolean tb = s.random.nextBoolean();
        s.block("a", ta ? k : m, ta ? m : k);
        s.block("b", tb ? n : k, tb ? k : n);
        s.block("c", m, n);
        s.apart("c", "a", "b");
        double beta = s.random.nextInt(3) / 2.0;
        s.call(o -> o.engine.gemm(0.5, o.b("a"), ta, o.b("b"), tb, beta, o.b("c")));
    }

    private static void systems(Scene s) {
        int count = 1 + s.random.nextInt(4);
        int m = s.few();
        int k = s.few();
        int n = s.few();
        s.block("a", count * m, k);
        s.block("b", count * k, n);
        s.block("c", count * m, n);
        s.number("count", count, "systems", 0, -1, 7 * count);
        s.apart("c", "a", "b");
        s.call(o -> o.engine.gemm(o.n("count"), 1, o.b("a"), false, o.b("b"), false, 1, o.b("c")));
    }

    private static void addOuter(Scene s) {
        int batch = s.size();
        int outputs = s.size();
        int inputs = s.random.nextBoolean() ? outputs : s.size();
        s.block("d", batch, outputs);
        s.block("z", batch, inputs);
        s.block("out", outputs, inputs);
        s.apart("out", "d", "z");
        s.call(o -> o.engine.addOuter(o.b("d"), o.b("z"), o.b("out")));
    }

    private static void finish(Scene s) {
        int batch = s.size();
        int n = s.size();
        s.block("z", batch, n);
        s.block("out", batch, n);
        epilogue(s, batch, n, true);
        s.apart("out", "z", "bias", "injection", "slope");
        s.apart("slope", "z", "bias", "injection");
        s.call(o -> o.engine.finish(o.b("z"), o.b("out"), epilogue(o)));
    }

    private static void two(Scene s, String x, String y, boolean same, Runnable call) {
        int rows = s.size();
        int cols = s.size();
        s.block(x, rows, cols);
        s.block(y, rows, cols);
        if (same) {
            s.apartOrSame(y, x);
        }
        s.call(o -> call.run());
    }

    private static void axpbyByRow(Scene s) {
        two(s, "x", "y", true, () -> s.engine.axpby(s.d("a"), s.b("x"), s.d("b"), s.b("y")));
        int rows = s.operands.get("x").block().rows();
        s.doubles("a", rows);
        s.doubles("b", rows);
    }

    private static void scale(Scene s) {
        s.block("x", s.size(), s.size()).without("of another type", "a row more", "a row less", "a column more", "a column less");
        s.call(o -> o.engine.scale(0.5, o.b("x")));
    }

    private static void multiply(Scene s, Runnable call) {
        int rows = s.size();
        int cols = s.size();
        s.block("x", rows, cols);
        s.block("y", rows, cols);
        s.block("out", rows, cols);
        s.apartOrSame("out", "x", "y");
        s.call(o -> call.run());
    }

    private static void multiplyColumns(Scene s) {
        int rows = s.size();
        int channels = 2 + s.few();
        int cols = channels * s.few();
        s.block("x", rows, cols);
        s.block("gain", 1, channels).without("a column less", "a column more").mismatch("too wide", s.fresh(s.type, 1, cols + 1));
        s.block("out", rows, cols);
        s.apartOrSame("out", "x");
        s.apart("out", "gain");
        s.call(o -> o.engine.multiplyColumns(o.b("x"), o.b("gain"), o.b("out")));
    }

    private static void multiplyColumnsGradient(Scene s) {
        int rows = s.size();
        int channels = 2 + s.few();
        int cols = channels * s.few();
        s.block("x", rows, cols);
        s.block("dy", rows, cols);
        s.block("dGain", 1, channels).without("a column less", "a column more").mismatch("too wide", s.fresh(s.type, 1, cols + 1));
        s.apart("dGain", "x", "dy");
        s.call(o -> o.engine.multiplyColumnsGradient(o.b("x"), o.b("dy"), o.b("dGain")));
    }

    private interface Elementwise {
        void run(Activation activation, Block x, Block out);
    }

    private static void activation(Scene s, Elementwise call) {
        two(s, "x", "out", true, () -> call.run((Activation) s.get("activation"), s.b("x"), s.b("out")));
        s.add("activation", activation(s), "activation").notNull();
    }

    private static void dot(Scene s) {
        two(s, "x", "y", false, () -> s.engine.dot(s.b("x"), s.b("y"), s.d("out")));
        s.doubles("out", s.operands.get("x").block().rows());
    }

    private static void sum(Scene s, Runnable call) {
        int rows = s.size();
        s.block("x", rows, s.size()).without("of another type", "a row less", "a column more", "a column less");
        s.doubles("out", rows);
        s.call(o -> call.run());
    }

    private static void iamax(Scene s) {
        sum(s, () -> s.engine.iamax(s.b("x"), s.i("out")));
        s.ints("out", new int[s.operands.get("x").block().rows()]);
    }

    /** A basis, a working block, a row map. */
    private static int basisAndRows(Scene s, boolean byRow) {
        int batch = s.few();
        int active = 1 + s.random.nextInt(batch);
        int n = s.size();
        int capacity = s.few();
        s.basis("v", batch, capacity, n, "basis");
        s.block("w", active, n, "working block");
        Operand rows = rows(s, batch, active);
        if (byRow && active > 1) {
            Rows twice = s.map(batch, active);
            twice.place(0, twice.index(1));
            rows.wrong("a row at two positions", twice);
        }
        return capacity;
    }

    private static Operand rows(Scene s, int batch, int active) {
        return s.add("rows", s.map(batch, active), "rows")
                .notNull()
                .mismatch("fewer rows", s.map(batch, active - 1))
                .mismatch("a larger batch", s.map(batch + 1, active));
    }

    private static void sweep(Scene s, String coefficients, boolean squares, Runnable call) {
        int capacity = basisAndRows(s, squares || coefficients.equals("h"));
        int batch = s.rows("rows").capacity();
        s.number("count", s.random.nextInt(capacity + 1), "vectors", -1, capacity + 1, Integer.MIN_VALUE, Integer.MAX_VALUE);
        s.doubles(coefficients, batch * capacity);
        if (squares) {
            // May be null.
            s.doubles("squares", batch).without("null");
        }
        if (!(coefficients.equals("h") && !squares)) {
            s.apart("w", "v");
        }
        s.call(o -> call.run());
    }

    private static void store(Scene s, Runnable call) {
        int capacity = basisAndRows(s, true);
        s.number("slot", s.random.nextInt(capacity), "slot", -1, capacity, Integer.MIN_VALUE, Integer.MAX_VALUE);
        s.doubles("s", s.rows("rows").capacity());
        s.apart("v", "w");
        s.call(o -> call.run());
    }

    private static void adam(Scene s) {
        int rows = s.size();
        int cols = s.size();
        for (String block : new String[] {"p", "g", "m", "v"}) {
            s.block(block, rows, cols);
        }
        s.add("step", new AdamStep(1e-3, 0.9, 0.99, 1e-8, 0.01, 1 + s.random.nextInt(9), 0.5), "step").notNull();
        s.apart("p", "g");
        s.apart("m", "p", "g");
        s.apart("v", "p", "g", "m");
        s.call(o -> o.engine.adam(o.b("p"), o.b("g"), o.b("m"), o.b("v"), (AdamStep) o.get("step")));
    }

    private static void mixAround(Scene s) {
        int batch = s.few();
        int active = 1 + s.random.nextInt(batch);
        int n = s.size();
        int capacity = s.few();
        s.basis("v", batch, capacity, n, "basis");
        s.block("z", active, n, "working block");
        Rows map = (Rows) rows(s, batch, active).right;
        s.doubles("c", batch * capacity);
        int[] slots = new int[batch];
        for (int b = 0; b < batch; b++) {
            slots[b] = s.random.nextInt(capacity + 1) - 1;
        }
        int b = map.index(s.random.nextInt(active));
        Operand wrongSlots = s.ints("slots", slots);
        for (int slot : new int[] {-2, capacity, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            int[] wrong = slots.clone();
            wrong[b] = slot;
            wrongSlots.wrong("slot " + slot, wrong);
        }
        s.apart("v", "z");
        s.call(o -> o.engine.mixAround(o.basis("v"), o.i("slots"), o.d("c"), o.b("z"), o.rows("rows")));
    }

    private static void residualSweep(Scene s) {
        int batch = s.few();
        int active = 1 + s.random.nextInt(batch);
        int n = s.size();
        int capacity = s.few();
        s.basis("residuals", batch, capacity, n, "residuals");
        s.basis("values", batch, capacity, n, "values");
        s.block("z", active, n);
        s.block("g", active, n);
        Rows map = (Rows) rows(s, batch, active).right;
        s.doubles("gram", batch * (capacity + 1));
        int[] counts = new int[batch];
        int[] slots = new int[batch];
        for (int b = 0; b < batch; b++) {
            counts[b] = s.random.nextInt(capacity + 1);
            slots[b] = s.random.nextInt(capacity);
        }
        int b = map.index(s.random.nextInt(active));
        Operand wrongSlots = s.ints("slots", slots);
        Operand wrongCounts = s.ints("counts", counts);
        for (int slot : new int[] {-1, capacity, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            int[] wrong = slots.clone();
            wrong[b] = slot;
            wrongSlots.wrong("slot " + slot, wrong);
        }
        for (int count : new int[] {-1, capacity + 1, Integer.MAX_VALUE}) {
            int[] wrong = counts.clone();
            wrong[b] = count;
            wrongCounts.wrong("count " + count, wrong);
        }
        s.apart("residuals", "z", "g", "values");
        s.apart("values", "z", "g");
        s.call(o -> o.engine.residualSweep(
                o.b("z"), o.b("g"), o.basis("residuals"), o.basis("values"), o.i("slots"), o.i("counts"), o.rows("rows"), o.d("gram")));
    }

    /** An engine whose weights this one must refuse; null if there is none here. */
    static Engine foreign(Engine engine) {
        boolean simd = Engines.providers().stream()
                .anyMatch(provider -> provider.name().equals("simd") && provider.unavailable().isEmpty());
        return simd ? Engines.named(engine.name().equals("scalar") ? "simd" : "scalar", 1) : null;
    }
}
