package dev.zstar.solvers.diagnosis;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.Finite;
import java.util.Random;

/**
 * What is known of f near the states that a solve returned: the {@linkplain Spectrum spectrum} of its Jacobian, the sensitivity of the
 * residual to rounding, and the effect of trial steps from there. These determine the {@link Cause} of each row.
 */
final class Neighbourhood {
    /** An eigenvalue or a factor that differs from 1 by this much or less counts as 1. */
    static final double NEUTRAL = 0.005;
    /** A residual within this multiple of its noise is as small as it can get. */
    private static final double FLOOR = 4;
    /** Rounding does not change a relative residual by more than this. */
    static final double ROUNDING = 1e-2;
    /** Trials from which the noise is measured. */
    private static final int TRIALS = 3;
    /** The fraction of the contraction predicted by the spectrum that trial steps must achieve. */
    private static final double KEPT = 0.25;

    private final FixedPointSolver solver;
    private final Outcome outcome;
    private final FixedPointMap f;
    private final Block states;
    /** β of the steps that the sentences describe: the solver's own β if it takes such steps, else 1. */
    private final double β;
    private final Spectrum spectrum;
    /** By row: whether f is finite at the state, the noise, and the rate of trial steps. */
    private final boolean[] finite;
    private final double[] noise;
    private final double[] tried;

    Neighbourhood(FixedPointSolver solver, FixedPointMap f, Block states) {
        this.solver = solver;
        this.f = f;
        this.states = states;
        outcome = solver.outcome();
        β = Double.isNaN(solver.damping()) ? 1 : solver.damping();
        finite = new boolean[states.rows()];
        spectrum = Spectrum.at(solver.engine(), f, states);
        noise = measureNoise();
        tried = TrialSteps.rates(solver.engine(), f, states, β);
    }

    /** β of the steps that the sentences describe. */
    double damping() {
        return β;
    }

    Spectrum spectrum() {
        return spectrum;
    }

    Block states() {
        return states;
    }

    FixedPointMap map() {
        return f;
    }

    /** The change of row b's relative residual when every element of z changes in its last bit or two; NaN if f is not finite there. */
    double noise(int b) {
        return noise[b];
    }

    /** The factor by which each trial step multiplied the residual of row b, on average; NaN if they led to NaN or infinity. */
    double tried(int b) {
        return tried[b];
    }

    /** The same with another damping. Tries the steps now. */
    double[] tryDamping(double β) {
        return TrialSteps.rates(solver.engine(), f, states, β);
    }

    /** The factor by which a step multiplies the error of row b, once only the slowest direction is left. */
    double rate(int b) {
        return spectrum.rate(b, β);
    }

    /** The eigenvalue of row b in whose direction errors grow most. */
    Eigenvalue slowest(int b) {
        return spectrum.eigenvalues(b).stream().max((x, y) -> Double.compare(x.factor(β), y.factor(β))).orElseThrow();
    }

    /** The eigenvalue of row b that is nearest to 1. */
    Eigenvalue nearestToOne(int b) {
        return spectrum.eigenvalues(b).stream().min((x, y) -> Double.compare(distance(x), distance(y))).orElseThrow();
    }

    /** {@code |1 - λ|}. */
    private static double distance(Eigenvalue λ) {
        return Math.hypot(1 - λ.re(), λ.im());
    }

    /** Why row b ended as it did. */
    Cause cause(int b) {
        Status status = outcome.status(b);
        boolean failed = Sentences.asksWhy(status);
        if (status == Status.NONFINITE_INPUT && !Finite.row(states, b)) {
            return Cause.START_NOT_FINITE;
        }
        if (!spectrum.known(b)) {
            return finite[b] || !Finite.row(states, b) ? Cause.NONE : Cause.MAP_NOT_FINITE;
        }
        boolean noisy = failed && outcome.residual(b) > 0 && outcome.residual(b) <= FLOOR * noise[b];
        if (noisy && noise[b] < Double.POSITIVE_INFINITY && status != Status.NONFINITE_FUNCTION) {
            return Math.max(outcome.residual(b), noise[b]) <= ROUNDING ? Cause.FLOOR : Cause.JUMPS;
        }
        double rate = rate(b);
        if (rate < 1 && (!failed || tried[b] < 1 - KEPT * (1 - rate))) {
            return Cause.CONTRACTS;
        }
        if (rate < 1 - NEUTRAL) {
            return Double.isNaN(tried[b]) ? Cause.FAR_NOT_FINITE : Cause.FAR;
        }
        Eigenvalue nearest = nearestToOne(b);
        if (distance(nearest) <= NEUTRAL && nearest.residual() <= NEUTRAL) {
            return Cause.SINGULAR;
        }
        if (spectrum.largestDamping(b) == 0) {
            return Cause.GROWS;
        }
        return slowest(b).turns() ? Cause.TURNS : Cause.REVERSES;
    }

    private double[] measureNoise() {
        Engine engine = solver.engine();
        Block z = states;
        Type type = z.type();
        Rows rows = new Rows(z.rows());
        Random random = new Random(1);
        double[] largest = new double[z.rows()];
        try (Block value = engine.allocate(type, z.rows(), z.cols());
                Block near = engine.allocate(type, z.rows(), z.cols());
                Block moved = engine.allocate(type, z.rows(), z.cols())) {
            f.apply(z, value, rows);
            for (int b = 0; b < z.rows(); b++) {
                finite[b] = Finite.row(value, b);
            }
            for (int trial = 0; trial < TRIALS; trial++) {
                double[] signs = random.doubles(z.cols(), -1, 1).toArray();
                for (int b = 0; b < z.rows(); b++) {
                    for (int i = 0; i < z.cols(); i++) {
                        near.set(b, i, z.get(b, i) * (1 + Math.copySign(2 * type.unitRoundoff(), signs[i])));
                    }
                }
                f.apply(near, moved, rows);
                for (int b = 0; b < z.rows(); b++) {
                    double change = 0;
                    double size = 0;
                    for (int i = 0; i < z.cols(); i++) {
                        double difference = moved.get(b, i) - value.get(b, i) - (near.get(b, i) - z.get(b, i));
                        change += difference * difference;
                        size += value.get(b, i) * value.get(b, i);
                    }
                    largest[b] = Math.max(largest[b], solver.relative(b, Math.sqrt(change), Math.sqrt(size)));
                }
            }
        }
        return largest;
    }
}
