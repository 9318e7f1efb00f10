package dev.zstar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import dev.zstar.solvers.ode.DormandPrince;
import dev.zstar.solvers.ode.OdeFunction;
import dev.zstar.solvers.ode.OdeOptions;
import dev.zstar.solvers.ode.OdeOutcome;
import dev.zstar.solvers.ode.OdeStatus;
import dev.zstar.solvers.ode.StepControl;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The equation {@code dz/dt = f(t, z)} for your own function, in plain arrays:
 *
 * <pre>{@code
 * double[] z1 = NeuralOde.solve((t, z) -> new double[] {z[1], -z[0]}, new double[] {1, 0}, 0, Math.PI);
 * }</pre>
 *
 * <p>Solves in f64 with {@link DormandPrince}. Immutable, and as thread-safe as f. Each solve creates an engine with one thread and a
 * solver, and closes both. To solve often, keep a {@link DormandPrince}. For gradients see {@link dev.zstar.solvers.ode.OdeLayer}.
 */
public final class NeuralOde {
    /** Relative and absolute tolerance 10⁻⁸. */
    private static final StepControl DEFAULT = StepControl.tolerances(1e-8, 1e-8);

    private final Field f;
    private final StepControl control;

    /** A vector field. */
    @FunctionalInterface
    public interface Field {
        /**
         * {@code f(t, z)}.
         *
         * @param z the state of a row, whose array is reused between calls: f may change or return it, but must not keep it
         * @return as many numbers as z has
         */
        double[] apply(double t, double[] z);
    }

    private NeuralOde(Field f, StepControl control) {
        this.f = f;
        this.control = control;
    }

    /** Describes {@code dz/dt = f(t, z)}. f is called in the calling thread only. */
    public static NeuralOde of(Field f) {
        return new NeuralOde(Arguments.present("neural ode", "the function", f), DEFAULT);
    }

    /**
     * The state at t₁, from z₀ at t₀.
     *
     * @throws NotSolved if the solve failed; the message says why
     */
    public static double[] solve(Field f, double[] z0, double t0, double t1) {
        return solve(f, new double[][] {Arguments.present("neural ode", "the start", z0)}, t0, t1)[0];
    }

    /**
     * The states at t₁ of several problems, each a row of z₀ with steps of its own.
     *
     * @throws NotSolved if the solve of a row failed; the message says why
     */
    public static double[][] solve(Field f, double[][] z0, double t0, double t1) {
        return of(f).solve(z0, t0, t1).orThrow();
    }

    /** The same equation with steps by these tolerances ({@link StepControl}). */
    public NeuralOde tolerance(double relative, double absolute) {
        return control(new StepControl(relative, absolute, control.firstStep(), control.maxStep(), control.maxEvaluations(), 0));
    }

    /** The same equation with these steps and budgets. */
    public NeuralOde control(StepControl control) {
        return new NeuralOde(f, Arguments.present("neural ode", "the step control", control));
    }

    /** Solves from t₀ to t₁, which may be earlier. Does not throw if a row fails: {@link Solution#orThrow} does. */
    public Solution solve(double[][] z0, double t0, double t1) {
        return solve(z0, new double[] {t0, t1});
    }

    /**
     * Solves from the first of these times to the last, and keeps the states at all of them, from the dense output.
     *
     * @param z0 a row for each problem, all of the same length
     * @param times at least two finite numbers that only rise or only fall
     */
    public Solution solve(double[][] z0, double[] times) {
        int n = check(z0, times);
        double from = times[0];
        double to = times[times.length - 1];
        List<Block> states = new ArrayList<>();
        try (Engine engine = Engines.best(1);
                DormandPrince solver = DormandPrince.plan(engine, Type.F64, z0.length, n, control);
                Block z = engine.allocate(Type.F64, z0.length, n)) {
            for (int i = 0; i < z0.length; i++) {
                for (int j = 0; j < n; j++) {
                    z.set(i, j, z0[i][j]);
                }
            }
            for (int i = 1; i + 1 < times.length; i++) {
                Block state = engine.allocate(Type.F64, z0.length, n);
                state.fill(Double.NaN);
                states.add(state);
            }
            double[] between = Arrays.copyOfRange(times, 1, Math.max(1, times.length - 1));
            OdeOutcome outcome = solver.solve(field(), z, from, to, OdeOptions.NONE.withStates(between, states.toArray(Block[]::new)));
            double[][][] found = new double[times.length][][];
            found[0] = rows(z0);
            for (int i = 1; i + 1 < times.length; i++) {
                found[i] = rows(states.get(i - 1));
            }
            found[times.length - 1] = rows(z);
            return new Solution(found, outcome);
        } finally {
            states.forEach(Block::close);
        }
    }

    private static int check(double[][] z0, double[] times) {
        Arguments.present("neural ode", "the start", z0);
        if (Arguments.present("neural ode", "the array of times", times).length < 2) {
            throw new IllegalArgumentException("neural ode: the number of times is " + times.length + ", expected at least 2");
        }
        Arguments.atLeast("neural ode", "the number of rows of the start", z0.length, 1);
        int n = Arguments.present("neural ode", "row 0 of the start", z0[0]).length;
        Arguments.atLeast("neural ode", "the length of row 0 of the start", n, 1);
        for (int i = 1; i < z0.length; i++) {
            if (Arguments.present("neural ode", "row " + i + " of the start", z0[i]).length != n) {
                throw new IllegalArgumentException(
                        "neural ode: row " + i + " of the start has length " + z0[i].length + ", expected " + n);
            }
        }
        return n;
    }

    private OdeFunction field() {
        return OdeFunction.rowwise((row, t, z, out) -> {
            double[] value = Arguments.present("neural ode", "the result of f", f.apply(t, z));
            if (value.length != out.length) {
                throw new IllegalArgumentException(
                        "neural ode: the result of f has length " + value.length + ", expected " + out.length);
            }
            System.arraycopy(value, 0, out, 0, out.length);
        });
    }

    private static double[][] rows(double[][] from) {
        double[][] to = new double[from.length][];
        for (int i = 0; i < to.length; i++) {
            to[i] = from[i].clone();
        }
        return to;
    }

    private static double[][] rows(Block from) {
        double[][] to = new double[from.rows()][from.cols()];
        for (int i = 0; i < to.length; i++) {
            for (int j = 0; j < to[i].length; j++) {
                to[i][j] = from.get(i, j);
            }
        }
        return to;
    }

    /** The result of a solve, row by row. */
    public static final class Solution {
        private final double[][][] states;
        private final OdeStatus[] statuses;
        private final double[] reached;
        private final String[] sentences;
        private final int[] evaluations;

        private Solution(double[][][] states, OdeOutcome outcome) {
            this.states = states;
            int rows = outcome.batch();
            statuses = new OdeStatus[rows];
            reached = new double[rows];
            sentences = new String[rows];
            evaluations = new int[rows];
            for (int b = 0; b < rows; b++) {
                statuses[b] = outcome.status(b);
                reached[b] = outcome.time(b);
                sentences[b] = outcome.sentence(b);
                evaluations[b] = outcome.evaluations(b);
            }
        }

        /** The state of each row at the last time; of a row that failed, the state at {@link #time}. A copy. */
        public double[][] z() {
            return rows(states[states.length - 1]);
        }

        /** The state of each row at time {@code i}; NaN for a row that failed before it. A copy. */
        public double[][] at(int i) {
            return rows(states[Arguments.index("at", "time", i, states.length)]);
        }

        /** Why the solve of row {@code b} ended. */
        public OdeStatus status(int b) {
            return statuses[Arguments.row("status", b, statuses.length)];
        }

        /** The time that row {@code b} reached. */
        public double time(int b) {
            return reached[Arguments.row("time", b, reached.length)];
        }

        /** The evaluations of f that row {@code b} took. */
        public int evaluations(int b) {
            return evaluations[Arguments.row("evaluations", b, evaluations.length)];
        }

        /** Whether every row reached the last time. */
        public boolean solved() {
            return failures().isEmpty();
        }

        private List<Integer> failures() {
            List<Integer> failed = new ArrayList<>();
            for (int b = 0; b < statuses.length; b++) {
                if (!statuses[b].isSuccess()) {
                    failed.add(b);
                }
            }
            return failed;
        }

        /**
         * The state of each row at the last time.
         *
         * @throws NotSolved if a row did not reach it
         */
        public double[][] orThrow() {
            List<Integer> failed = failures();
            if (!failed.isEmpty()) {
                throw new NotSolved(failed.size() + " of " + Plural.of(statuses.length, "row") + " failed. " + sentences[failed.getFirst()],
                        failed);
            }
            return z();
        }

        /** How row {@code b} ended, in a sentence. */
        public String sentence(int b) {
            return sentences[Arguments.row("sentence", b, sentences.length)];
        }
    }
}
