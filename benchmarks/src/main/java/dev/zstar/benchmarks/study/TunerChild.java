package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.kernels.simd.tuning.F32Ceilings;
import dev.zstar.kernels.simd.tuning.Setting;
import dev.zstar.kernels.tuning.Tuner;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/** Times the cases of a setting in a JVM that was started with a value of it, or those of pages in one with pages of another size. */
final class TunerChild implements Fork.Task {
    /** Names the cases of pages. */
    static final String PAGES = "pages";
    private static final int STEPS = 100_000;
    /** The warm-up of each body before a measurement, in nanoseconds, and before one that repeats it. */
    private static final long FIRST = 200_000_000;
    private static final long AGAIN = 50_000_000;

    private enum TimedCode { APPLY, GEMM, STEP }

    /** A product of {@code rows × inputs} with {@code inputs × outputs}. */
    private record TunerCase(TimedCode operation, int rows, int inputs, int outputs) {}

    /** The cases in which a setting matters, on both sides of the values that are tried. */
    private static List<TunerCase> cases(Setting setting) {
        return switch (setting) {
            case TILE_ROWS -> List.of(new TunerCase(TimedCode.APPLY, 64, 512, 512), new TunerCase(TimedCode.APPLY, 32, 1024, 1024));
            case TILE_INPUTS -> List.of(new TunerCase(TimedCode.APPLY, 64, 2048, 512), new TunerCase(TimedCode.APPLY, 64, 4096, 512));
            case TILE_PART -> List.of(new TunerCase(TimedCode.APPLY, 64, 256, 256), new TunerCase(TimedCode.APPLY, 64, 1024, 512));
            case TILE_BATCH -> List.of(new TunerCase(TimedCode.APPLY, 512, 1024, 384), new TunerCase(TimedCode.APPLY, 1024, 512, 384));
            case GEMM_PACK -> List.of(
                    new TunerCase(TimedCode.GEMM, 24, 512, 512),
                    new TunerCase(TimedCode.GEMM, 48, 1024, 1024),
                    new TunerCase(TimedCode.GEMM, 96, 1024, 1024));
            case TEAM_WORTH -> List.of(
                    new TunerCase(TimedCode.STEP, 2, 256, 256),
                    new TunerCase(TimedCode.STEP, 1, 512, 512),
                    new TunerCase(TimedCode.STEP, 3, 512, 512));
            case INT8_WIDE, TEAM_SPIN -> List.of();
        };
    }

    /**
     * Cases of other shapes, with which a value is checked that the cases above have chosen. They are the products of networks: attention
     * and gated layers of a transformer, wide batches, single rows, and sizes that no tile divides.
     */
    private static List<TunerCase> heldOut(Setting setting) {
        return switch (setting) {
            case TILE_ROWS -> List.of(new TunerCase(TimedCode.APPLY, 13, 768, 768), new TunerCase(TimedCode.APPLY, 128, 300, 700));
            case TILE_INPUTS -> List.of(new TunerCase(TimedCode.APPLY, 16, 3072, 768), new TunerCase(TimedCode.APPLY, 96, 1536, 640));
            case TILE_PART -> List.of(new TunerCase(TimedCode.APPLY, 96, 768, 640), new TunerCase(TimedCode.APPLY, 128, 300, 700));
            case TILE_BATCH -> List.of(new TunerCase(TimedCode.APPLY, 648, 512, 768), new TunerCase(TimedCode.APPLY, 256, 2048, 256));
            case GEMM_PACK -> List.of(new TunerCase(TimedCode.GEMM, 36, 768, 384), new TunerCase(TimedCode.GEMM, 72, 640, 640));
            case TEAM_WORTH -> List.of(new TunerCase(TimedCode.STEP, 4, 384, 384), new TunerCase(TimedCode.STEP, 1, 768, 768));
            case INT8_WIDE, TEAM_SPIN -> List.of();
        };
    }

    /**
     * Products for one row and for many, whose operands need more pages of 4 KiB than a processor keeps translations of: 2,048 are 8 MiB.
     */
    private static List<TunerCase> pages(boolean search) {
        return search ? List.of(new TunerCase(TimedCode.APPLY, 1, 2048, 2048), new TunerCase(TimedCode.APPLY, 256, 1024, 1024))
                : List.of(new TunerCase(TimedCode.APPLY, 1, 1536, 3072), new TunerCase(TimedCode.APPLY, 648, 512, 1536));
    }

    private static List<TunerCase> cases(String name, boolean search) {
        return name.equals(PAGES) ? pages(search) : search ? cases(Setting.named(name)) : heldOut(Setting.named(name));
    }

    @Override
    public Serializable run(String argument) {
        String[] words = argument.split(" ", 3);
        int slices = words[0].equals("quick") ? 4 : 6;
        boolean search = words[1].equals(Tuner.Cases.SEARCH.name());
        return Arrays.stream(words[2].split(",", -1))
                .flatMap(name -> cases(name, search).stream())
                .mapToDouble(shape -> measured(shape, body -> steady(body, operations(shape), slices)))
                .toArray();
    }

    /** Runs each case of a setting, or of pages, once. */
    static void runOnce(String name, boolean search) {
        cases(name, search).forEach(shape -> measured(shape, body -> {
            body.run();
            return 0;
        }));
    }

    /** Reading weights limits a product of one row. Each of them counts as much as eight operations of the loop. */
    private static double operations(TunerCase shape) {
        int each = shape.operation() == TimedCode.APPLY && shape.rows() == 1 ? 16 : 2;
        return (double) each * shape.rows() * shape.inputs() * shape.outputs();
    }

    /** Makes the operands of a case, and hands over what is to be timed. */
    private static double measured(TunerCase shape, ToDoubleFunction<Runnable> measure) {
        Random random = new Random(1);
        // A general product takes its right operand as it is, inputs × outputs.
        boolean general = shape.operation() == TimedCode.GEMM;
        try (Engine engine = Engines.named("simd", shape.operation() == TimedCode.STEP ? Engines.processors() : 1);
                Block w = KernelSuite.gaussian(random, general ? shape.inputs() : shape.outputs(),
                        general ? shape.outputs() : shape.inputs());
                Block z = KernelSuite.gaussian(random, shape.rows(), shape.inputs());
                Block out = Block.allocate(Type.F32, shape.rows(), shape.outputs());
                Block other = Block.allocate(Type.F32, shape.rows(), shape.outputs());
                Weights weights = engine.pack(w)) {
            return measure.applyAsDouble(switch (shape.operation()) {
                case APPLY -> () -> engine.apply(weights, z, out, Epilogue.NONE);
                case GEMM -> () -> engine.gemm(1, z, false, w, false, 0, out);
                // As in a solve: the work after a product is short, and runs on one core.
                case STEP -> () -> {
                    engine.apply(weights, z, out, Epilogue.NONE);
                    engine.axpby(0.5, out, 0.5, other);
                };
            });
        }
    }

    /**
     * The time of the fastest slice, in units of a loop without settings that runs in turns with the body. Measuring ends once two
     * measurements in succession agree, or after four; the result is NaN if the body is not fast within 6 s.
     *
     * <p>Code of C1 for a tile runs at 7% of the loop's rate for half a second, until C2 is done, and looks steady meanwhile. So a rate of
     * less than an eighth does not count.
     */
    private static double steady(Runnable body, double operations, int slices) {
        float[] sink = new float[64];
        Arrays.fill(sink, 0.5f);
        double slow = 8 * operations / (24.0 * F32Ceilings.LANES * STEPS);
        double best = Double.NaN;
        int counted = 0;
        for (long start = System.nanoTime(); counted < 4 && System.nanoTime() - start < 6_000_000_000L; ) {
            double[][] nanos = Stopwatch.run(counted == 0 ? FIRST : AGAIN, 4_000_000, slices, body,
                    () -> F32Ceilings.multiplyAdd(STEPS, sink)).nanos();
            double time = nanos[0][0] / nanos[1][0];
            if (time < slow) {
                boolean agrees = Math.abs(time / best - 1) < 0.03;
                best = counted++ == 0 ? time : Math.min(time, best);
                if (agrees) {
                    break;
                }
            }
        }
        return best;
    }
}
