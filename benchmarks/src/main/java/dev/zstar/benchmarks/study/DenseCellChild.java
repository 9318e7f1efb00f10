package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.problems.HandwrittenDense;
import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.cells.DenseCell;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Times the dense cell, which is described as a graph, and the same cell without one, in turns and in its own JVM. */
final class DenseCellChild implements Fork.Task {
    private static final int INPUTS = 64;
    /** How long a body may take until it stops allocating. */
    private static final long SETTLE_NANOS = 3_000_000_000L;
    /** The largest difference of two elements: both sum the same n products of about 1/√n, in any order. */
    private static final double CLOSE = 1e-4;

    /**
     * One operation of one shape.
     *
     * @param operation {@code evaluation} or {@code vjp}
     * @param graph the cell
     * @param hand the map without a graph
     */
    record Race(String operation, int n, int batch, CallCost graph, CallCost hand) implements Serializable {}

    /** @param shapes for example {@code 64x1,512x32} */
    @Override
    public Serializable run(String shapes) {
        ArrayList<Race> races = new ArrayList<>();
        for (String shape : shapes.split(",", -1)) {
            String[] sizes = shape.split("x", -1);
            measure(Integer.parseInt(sizes[0]), Integer.parseInt(sizes[1]), races);
            Fork.keep(races);
        }
        return races;
    }

    private static void measure(int n, int batch, List<Race> races) {
        Random random = new Random(5);
        try (Engine engine = Engines.named(Contenders.own(), 1);
                Block w = KernelSuite.gaussian(random, n, n);
                Block u = KernelSuite.gaussian(random, n, INPUTS);
                Block b = KernelSuite.gaussian(random, 1, n);
                Block x = KernelSuite.gaussian(random, batch, INPUTS);
                Block z = KernelSuite.gaussian(random, batch, n);
                Block cotangent = KernelSuite.gaussian(random, batch, n);
                Block ofGraph = engine.allocate(Type.F32, batch, n);
                Block ofHand = engine.allocate(Type.F32, batch, n);
                DenseCell graph = new DenseCell(engine, Activation.TANH, w, u, b, batch);
                HandwrittenDense hand = new HandwrittenDense(engine, Activation.TANH, w, u, b, x)) {
            graph.inject(x);
            Rows all = new Rows(batch);
            Runnable[] evaluations = {evaluation(graph, z, ofGraph, all), evaluation(hand, z, ofHand, all)};
            compare("evaluation", evaluations, ofGraph, ofHand);
            graph.linearise(z, all);
            hand.linearise(z, all);
            Runnable[] vjps = {vjp(graph, cotangent, ofGraph, all), vjp(hand, cotangent, ofHand, all)};
            compare("vjp", vjps, ofGraph, ofHand);
            Runnable[] bodies = {evaluations[0], evaluations[1], vjps[0], vjps[1]};
            Stopwatch.settle(SETTLE_NANOS, bodies);
            Stopwatch.SliceTimes times = Stopwatch.run(4_000_000, 25, bodies);
            for (int i = 0; i < 4; i += 2) {
                races.add(new Race(i == 0 ? "evaluation" : "vjp", n, batch, CallCost.of(times, i), CallCost.of(times, i + 1)));
            }
        }
    }

    private static Runnable evaluation(DifferentiableMap map, Block z, Block out, Rows rows) {
        return () -> map.apply(z, out, rows);
    }

    private static Runnable vjp(DifferentiableMap map, Block cotangent, Block out, Rows rows) {
        return () -> map.vjp(cotangent, out, rows);
    }

    /** Runs both once. Two maps that do not compute the same are not compared. */
    private static void compare(String operation, Runnable[] bodies, Block ofGraph, Block ofHand) {
        bodies[0].run();
        bodies[1].run();
        double[] first = ofGraph.toDoubles();
        double[] second = ofHand.toDoubles();
        for (int i = 0; i < first.length; i++) {
            if (!(Math.abs(first[i] - second[i]) <= CLOSE)) {
                throw new StudyException("cells: element " + i + " of the " + operation + " is " + first[i] + " in the graph and "
                        + second[i] + " by hand");
            }
        }
    }
}
