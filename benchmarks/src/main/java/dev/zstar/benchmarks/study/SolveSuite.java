package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Format;
import dev.zstar.solvers.cells.DenseCell;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Both solves of an equilibrium {@code z = tanh(Wz + Ux + b)}: time, evaluations, depth, memory, and the overhead of the solver. */
final class SolveSuite {
    static final double TOLERANCE = 1e-6;
    /** Approximate spectral radius of W. */
    static final double RADIUS = 0.95;
    /** How long a solve may take until it stops allocating. */
    static final long WARM_NANOS = 15_000_000_000L;

    private SolveSuite() {}

    static void run(StudyOptions options, StudyProgress progress, List<StudyResult> results, List<Trace> traces) {
        List<String> shapes = new ArrayList<>(List.of("64x1", "512x32"));
        if (!options.quick()) {
            shapes.add("1024x64");
            shapes.add("1024x1");
            shapes.add("2048x1");
        }
        List<String> narrow = options.quick() ? List.of("1024x1") : List.of("1024x1", "4096x1");
        progress.stage("solves", shapes.size() + narrow.size());
        for (String shape : narrow) {
            ForkResults found = Fork.call(MixedPrecisionChild.class, ForkResults.class, shape);
            found.results().stream().filter(result -> options.wants(result.suite())).forEach(results::add);
            progress.step(shape.replace("x", " × ") + " in mixed precision");
        }
        for (String shape : shapes) {
            ForkResults found = Fork.call(SolveChild.class, ForkResults.class, shape);
            found.results().stream().filter(result -> options.wants(result.suite())).forEach(results::add);
            traces.addAll(found.traces());
            progress.step(shape.replace("x", " × "));
        }
    }

    /** The cell of this suite, with an injected input. */
    static DenseCell cell(Engine e, int n, int batch, Format... also) {
        return cell(e, n, batch, RADIUS, also);
    }

    /** @param radius approximate spectral radius of W, which is symmetric: where slopes are near 1, the contraction of the cell, too */
    static DenseCell cell(Engine e, int n, int batch, double radius, Format... also) {
        Random random = new Random(7);
        try (Block w = KernelSuite.gaussian(random, n, n);
                Block u = KernelSuite.gaussian(random, n, 64);
                Block b = KernelSuite.gaussian(random, 1, n);
                Block x = KernelSuite.gaussian(random, batch, 64)) {
            // The symmetric part of a Gaussian matrix with entries of variance 1/n has eigenvalues up to ±√2.
            double[] a = w.toDoubles();
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    w.set(i, j, radius / Math.sqrt(2) * (a[i * n + j] + a[j * n + i]) / 2);
                }
            }
            DenseCell cell = new DenseCell(e, Activation.TANH, w, u, b, batch, also);
            cell.inject(x);
            return cell;
        }
    }
}
