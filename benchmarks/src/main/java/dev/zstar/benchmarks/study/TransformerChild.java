package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.cells.Keep;
import dev.zstar.solvers.parameters.Parameters;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Random;

/** Times a cell like a layer of a transformer on several numbers of threads in its own JVM. */
final class TransformerChild implements Fork.Task {
    /** If the ceiling changes by more than this while the cell is timed, the machine was disturbed. */
    private static final double DRIFT = 0.05;
    private static final int ATTEMPTS = 2;
    /** How long a body may take until it stops allocating: some ten runs. */
    private static final long SETTLE_NANOS = 1_000_000_000L;

    /**
     * One number of threads.
     *
     * @param vjp with every intermediate value kept
     * @param pointVjp with the point alone kept
     * @param everythingBytes what a map holds that keeps every intermediate value, with the packed matrices
     * @param pointBytes the same of a map that keeps the point alone
     * @param ceiling GFLOP/s of independent multiply-adds
     */
    record Figures(int threads, CallCost evaluation, CallCost vjp, CallCost pointVjp, long everythingBytes, long pointBytes, double ceiling)
            implements Serializable {}

    /** @param argument the cell, then the numbers of threads: {@code 81x512x8x1536x8 1 2} */
    @Override
    public Serializable run(String argument) {
        String[] words = argument.split(" ", -1);
        TransformerCell sizes = TransformerCell.parse(words[0]);
        ArrayList<Figures> found = new ArrayList<>();
        for (int i = 1; i < words.length; i++) {
            found.add(measure(sizes, Integer.parseInt(words[i])));
            Fork.keep(found);
        }
        return found;
    }

    private static Figures measure(TransformerCell sizes, int threads) {
        Pinning.to(threads);
        Cell cell = sizes.describe();
        int batch = sizes.batch();
        Random random = new Random(9);
        try (Engine engine = Engines.named(Contenders.own(), threads);
                Roofline roofline = Contenders.fast() ? new Roofline(threads) : null;
                Parameters parameters = cell.parameters(1);
                CellMap everything = cell.plan(engine, batch, parameters, Keep.EVERYTHING);
                CellMap point = cell.plan(engine, batch, parameters, Keep.POINT);
                Block z = normal(engine, random, batch, cell.n());
                Block x = normal(engine, random, batch, cell.n());
                Block u = normal(engine, random, batch, cell.n());
                Block out = engine.allocate(Type.F32, batch, cell.n());
                Block again = engine.allocate(Type.F32, batch, cell.n())) {
            Rows all = new Rows(batch);
            everything.inject(x);
            everything.linearise(z, all);
            point.inject(x);
            point.linearise(z, all);
            Runnable[] bodies = {() -> everything.apply(z, out, all), () -> everything.vjp(u, out, all), () -> point.vjp(u, again, all)};
            for (Runnable body : bodies) {
                body.run();
            }
            compare(out, again);
            Figures figures = null;
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Stopwatch.settle(SETTLE_NANOS, bodies);
                double before = ceiling(roofline);
                Stopwatch.SliceTimes times = Stopwatch.run(4_000_000, 25, bodies);
                double after = ceiling(roofline);
                figures = new Figures(threads, CallCost.of(times, 0), CallCost.of(times, 1), CallCost.of(times, 2),
                        everything.bytes(), point.bytes(), Math.max(before, after));
                if (!(Math.abs(after - before) > DRIFT * before)) {
                    break;
                }
            }
            return figures;
        }
    }

    private static double ceiling(Roofline roofline) {
        return roofline == null ? Double.NaN : roofline.multiplyAdd(Type.F32);
    }

    private static Block normal(Engine engine, Random random, int rows, int cols) {
        Block block = engine.allocate(Type.F32, rows, cols);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, random.nextGaussian());
            }
        }
        return block;
    }

    /** The two ways to keep a linearisation compute the same values by the same kernels. */
    private static void compare(Block kept, Block computedAgain) {
        float[] first = kept.toFloats();
        float[] second = computedAgain.toFloats();
        for (int i = 0; i < first.length; i++) {
            if (!(Math.abs(first[i] - second[i]) <= 1e-4 * (1 + Math.abs(first[i])))) {
                throw new StudyException("cells: element " + i + " of the vjp is " + first[i] + " with everything kept and " + second[i]
                        + " with the point kept");
            }
        }
    }
}
