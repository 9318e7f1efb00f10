package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.diagnosis.Spectrum;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.MultiStart;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.fixedpoint.Start;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.parameters.Weight;
import dev.zstar.solvers.shapes.Shape;
import dev.zstar.solvers.training.JacobianRegularisation;
import dev.zstar.solvers.training.heads.MeanSquaredError;
import dev.zstar.solvers.training.optimisers.Adam;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Experiments at the edge of convergence, where the Lipschitz constant of a map reaches 1. Each method returns numbers, in f64.
 *
 * <p>The cell is {@code f(z) = tanh(W z + x)}. {@link EdgeGradients} has experiments on its gradients.
 */
public final class Edge {
    private static final int N = 16;
    private static final int ROWS = 8;

    private Edge() {}

    /** What keeps the Lipschitz constant of a cell in training. */
    public enum Guard {
        /** Nothing. */
        NONE,
        /** {@code ‖W‖₂ ≤ 0.9} (Miyato et al. 2018). */
        SPECTRAL_NORM,
        /** {@code γ ‖J‖_F² / n} in the loss, with γ = 0.05 (Bai, Koltun and Kolter 2021). */
        JACOBIAN_PENALTY
    }

    /**
     * The state of training after some steps.
     *
     * @param step steps so far
     * @param loss the mean squared error, without a penalty
     * @param lipschitz the largest {@code ‖J‖₂} at an equilibrium of the batch
     * @param radius the largest ρ(J) there
     * @param plain evaluations by which plain steps reach 10⁻⁶ in all rows; -1 if they do not within 500
     * @param accelerated the same for the default method
     */
    public record Moment(int step, double loss, double lipschitz, double radius, int plain, int accelerated) {}

    /** {@code tanh(W z + x)}, or {@code W z + x}. */
    static Cell cell(int n, Guard guard, boolean linear) {
        return Cell.of(Type.F64, Shape.vector(n), (net, z, x) -> {
            Weight w = guard == Guard.SPECTRAL_NORM ? net.spectralNorm("W", n, n, 0.9) : net.weight("W", n, n);
            var y = net.product(w, z).plus(x);
            return linear ? y : y.tanh();
        });
    }

    /** Elements between {@code ±scale}. */
    static Block random(int rows, int cols, double scale, long seed) {
        return Block.of(Type.F64, rows, cols, new Random(seed).doubles((long) rows * cols, -scale, scale).toArray());
    }

    /**
     * Trains a cell to answer {@code z* = x / 5}. It has to learn {@code W ≈ -4 I}: the loss pushes the Lipschitz constant through 1. The
     * equilibrium stays unique, but plain steps stop converging.
     *
     * @param steps steps of Adam
     * @param every how often to look
     */
    public static List<Moment> push(Engine engine, Guard guard, int steps, int every, long seed) {
        Cell cell = cell(N, guard, false);
        Stopping tight = Stopping.relative(1e-10).within(500);
        List<Moment> moments = new ArrayList<>();
        try (Parameters parameters = cell.parameters(seed);
                Parameters gradients = cell.zeros();
                CellMap map = cell.plan(engine, ROWS, parameters);
                FixedPointSolver solver = FixedPointSolver.plan(map, tight);
                EquilibriumLayer<CellGradients> layer = EquilibriumLayer.plan(map, solver, GradientMode.exact(1e-8));
                JacobianRegularisation penalty = new JacobianRegularisation(engine, Type.F64, ROWS, N,
                        JacobianRegularisation.Probe.RADEMACHER, seed);
                Adam adam = Adam.plan(engine, parameters);
                Block x = random(ROWS, N, 1, seed + 1);
                Block target = random(ROWS, N, 0.2, seed + 1);
                Block z = engine.allocate(Type.F64, ROWS, N);
                Block g = engine.allocate(Type.F64, ROWS, N)) {
            MeanSquaredError loss = new MeanSquaredError(engine, ROWS);
            CellGradients sum = new CellGradients(gradients, null);
            Rows all = new Rows(ROWS);
            for (int step = 0; step <= steps; step++) {
                layer.forward(x, z);
                double error = loss.apply(z, target, g);
                if (step % every == 0) {
                    moments.add(moment(engine, map, step, error, x, z));
                    z.fill(0);
                    layer.forward(x, z);
                }
                gradients.clear();
                if (guard == Guard.JACOBIAN_PENALTY) {
                    map.linearise(z, all);
                    penalty.estimate(map, all);
                    penalty.gradients(map, 0.05, z, x, sum, g);
                }
                layer.backward(g, sum);
                adam.step(parameters, gradients, 0.02);
                map.update();
                z.fill(0);
            }
        }
        return moments;
    }

    private static Moment moment(Engine engine, CellMap map, int step, double loss, Block x, Block z) {
        double lipschitz = 0;
        double radius = 0;
        Spectrum spectrum = Spectrum.at(engine, map, z, N);
        double[] norms = Spectrum.lipschitz(engine, map, z);
        for (int b = 0; b < ROWS; b++) {
            lipschitz = Math.max(lipschitz, norms[b]);
            radius = Math.max(radius, spectrum.dominant(b).modulus());
        }
        Stopping stopping = Stopping.relative(1e-6).within(500);
        try (FixedPointSolver plain = Picard.plan(engine, Type.F64, ROWS, N, 1, stopping);
                FixedPointSolver accelerated = FixedPointSolver.plan(map, stopping)) {
            return new Moment(step, loss, lipschitz, radius, evaluations(plain, map, x), evaluations(accelerated, map, x));
        }
    }

    private static int evaluations(FixedPointSolver solver, CellMap map, Block x) {
        try (Block z = Block.allocate(Type.F64, ROWS, N)) {
            map.inject(x);
            Outcome outcome = solver.solve(map, z);
            return outcome.succeeded() ? outcome.evaluations() : -1;
        }
    }

    /**
     * The equilibria that several starts found for one input.
     *
     * @param converged starts that converged
     * @param distinct different equilibria among their results
     * @param winner the number of the start with the smallest residual
     * @param equilibria the different ones
     */
    public record Basins(int converged, int distinct, int winner, List<double[]> equilibria) {}

    /**
     * Solves {@code z = tanh(gain z + x)}, element by element, from 0 and from random states. Up to a gain of 1 there is one equilibrium.
     * Beyond it each element has three, if x is small, and the start decides which one is found.
     */
    public static Basins basins(Engine engine, double gain, int n, int starts, long seed) {
        Cell cell = cell(n, Guard.NONE, false);
        Start[] all = new Start[starts];
        for (int j = 0; j < starts; j++) {
            all[j] = j == 0 ? Start.zeros() : Start.noise(1, seed + j);
        }
        try (Parameters parameters = cell.zeros()) {
            for (int i = 0; i < n; i++) {
                parameters.get("W").set(i, i, gain);
            }
            try (CellMap map = cell.plan(engine, starts, parameters);
                    Picard solver = Picard.plan(engine, Type.F64, starts, n, 1, Stopping.relative(1e-10).within(5000));
                    MultiStart multi = MultiStart.plan(solver, MultiStart.Until.ALL, all);
                    Block x = random(1, n, 0.1, seed);
                    Block repeated = engine.allocate(Type.F64, starts, n);
                    Block z = engine.allocate(Type.F64, 1, n)) {
                multi.repeat(x, repeated);
                map.inject(repeated);
                Outcome outcome = multi.solve(map, z);
                List<double[]> found = new ArrayList<>();
                int converged = 0;
                for (int j = 0; j < starts; j++) {
                    if (outcome.status(j).isSuccess()) {
                        converged++;
                        add(found, multi.states().part(j, starts).toDoubles());
                    }
                }
                return new Basins(converged, found.size(), multi.winner(0), found);
            }
        }
    }

    /** Adds a state unless an equal one is there, to 10⁻⁶. */
    private static void add(List<double[]> found, double[] z) {
        for (double[] other : found) {
            double distance = 0;
            for (int i = 0; i < z.length; i++) {
                distance = Math.max(distance, Math.abs(z[i] - other[i]));
            }
            if (distance < 1e-6) {
                return;
            }
        }
        found.add(z);
    }
}
