package dev.zstar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FiniteDifferences;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Observer;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowObserver;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.diagnosis.Diagnosis;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import dev.zstar.solvers.linear.LinearSolver;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/**
 * A problem {@code z = f(z)} in arrays of doubles, for your own function:
 *
 * <pre>{@code
 * double[] z = FixedPoint.solve(v -> new double[] {Math.cos(v[0])}, 1).orThrow();       // 0.739…
 * }</pre>
 *
 * <p>Defaults: a start at zeros, a relative tolerance of 10⁻¹⁰, at most 1000 evaluations of f, and {@link ForwardMethod#ANDERSON}. Norms
 * are Euclidean. Each setting returns another problem and leaves this one unchanged. If two settings contradict each other, the later call
 * wins.
 *
 * <p>Immutable, and as thread-safe as f and the observer. Each solve creates an engine with one thread and a solver, and closes both. To
 * solve often, keep a {@link FixedPointSolver}.
 */
public final class FixedPoint {
    /** {@code ‖f(z) - z‖ ≤ 10⁻¹⁰ ‖f(z)‖}, and at most 1000 evaluations. */
    private static final Stopping DEFAULT = Stopping.relative(1e-10).within(1000);

    private final UnaryOperator<double[]> f;
    private final BinaryOperator<double[]> vjp;
    private final double[] start;
    private final Stopping stopping;
    private final ForwardMethod method;
    /** Null for none. */
    private final RowObserver observer;

    private FixedPoint(
            UnaryOperator<double[]> f, BinaryOperator<double[]> vjp, double[] start, Stopping stopping, ForwardMethod method,
            RowObserver observer) {
        this.f = f;
        this.vjp = vjp;
        this.start = start;
        this.stopping = stopping;
        this.method = method;
        this.observer = observer;
    }

    /**
     * Solves {@code z = f(z)} from zeros, with the defaults.
     *
     * @param f takes z and returns f(z), both of n numbers. Its argument is reused between calls: f may change or return it, but must not
     *     keep it. f is called in the calling thread only
     * @param n at least 1
     */
    public static Solution solve(UnaryOperator<double[]> f, int n) {
        return of(f, n).solve();
    }

    /**
     * Describes {@code z = f(z)} for z of {@code n} numbers, to be solved from zeros.
     *
     * @param f as in {@link #solve(UnaryOperator, int)}
     * @param n at least 1
     */
    public static FixedPoint of(UnaryOperator<double[]> f, int n) {
        Arguments.atLeast("fixed point", "n", n, 1);
        return new FixedPoint(Arguments.present("fixed point", "the function", f), null, new double[n], DEFAULT, ForwardMethod.ANDERSON,
                null);
    }

    /** The same problem from another start. */
    public FixedPoint from(double... start) {
        if (Arguments.present("fixed point", "the start", start).length != this.start.length) {
            throw new IllegalArgumentException("fixed point: the start has length " + start.length + ", expected " + this.start.length);
        }
        return new FixedPoint(f, vjp, start.clone(), stopping, method, observer);
    }

    /**
     * The same problem with a relative tolerance: it is solved when {@code ‖f(z) - z‖ ≤ tolerance · max(‖f(z)‖, u ‖z₀‖)}, with z₀ the start
     * and u the unit roundoff ({@link Stopping}). The second term matters only if the solution is 0. Keeps all other rules, such as the
     * budgets and an absolute tolerance. After {@link Stopping#fixed} the number of evaluations becomes a budget.
     *
     * @param tolerance at least 0 and below 1
     */
    public FixedPoint tolerance(double tolerance) {
        return stopping(withTolerance("fixed point", stopping, tolerance));
    }

    /** These rules with another relative tolerance, which is tested: the rule is not {@linkplain Stopping#fixed fixed} any more. */
    static Stopping withTolerance(String operation, Stopping s, double tolerance) {
        if (!(tolerance >= 0 && tolerance < 1)) {
            throw new IllegalArgumentException(operation + ": the relative tolerance is " + tolerance + ", expected 0 ≤ tolerance < 1");
        }
        return new Stopping(tolerance, s.absolute(), s.step(), s.maxEvaluations(), s.maxIterations(), s.maxNanos(), s.patience(), false,
                s.trace(), s.distance(), s.recorded());
    }

    /**
     * The same problem with these stopping rules instead of all earlier ones, the tolerance and the budget included. A {@link Stopping} has
     * a budget of 200 evaluations unless {@link Stopping#within(int)} sets another.
     */
    public FixedPoint stopping(Stopping stopping) {
        return new FixedPoint(f, vjp, start, Arguments.present("fixed point", "the stopping rule", stopping), method, observer);
    }

    /** The same problem, to be solved by another method. */
    public FixedPoint method(ForwardMethod method) {
        return new FixedPoint(f, vjp, start, stopping, Arguments.present("fixed point", "the method", method), observer);
    }

    /**
     * The same problem, to be solved with an observer, which is called after each evaluation. Its block of iterates has one row, z. If it
     * stops that row, the solve is a success with {@link Status#STOPPED_BY_OBSERVER}.
     *
     * @param observer such as a rule of {@code dev.zstar.solvers.exits}; each solve uses this one object
     */
    public FixedPoint observer(RowObserver observer) {
        return new FixedPoint(f, vjp, start, stopping, method, Arguments.present("fixed point", "the observer", observer));
    }

    /** The same with an observer that only watches or cancels the solve. */
    public FixedPoint observer(Observer observer) {
        return observer((RowObserver) observer);
    }

    /**
     * The same problem with a derivative, for {@link Solution#adjoint}. Without one, it is computed by central differences.
     *
     * @param vjp takes z and u, and returns {@code Jᵀ u} with J the Jacobian of f at z, all of n numbers. It may change its arguments, but
     *     must not keep them
     */
    public FixedPoint vjp(BinaryOperator<double[]> vjp) {
        return new FixedPoint(f, Arguments.present("fixed point", "the derivative", vjp), start, stopping, method, observer);
    }

    /**
     * Solves the problem. Does not throw if it is not solved: {@link Solution#solved} tells, and {@link Solution#orThrow} throws.
     *
     * <p>An exception that f throws during the solve is passed on unchanged. If the solve fails, f is evaluated up to sixty times more near
     * the best point, to find the reasons. {@link Solution#evaluations} does not count these evaluations, and no budget limits them. An
     * exception that f throws there becomes one of the {@linkplain Solution#reasons reasons}.
     */
    public Solution solve() {
        try (Engine engine = Engines.best(1);
                FixedPointSolver solver = Arguments.present("fixed point", "the solver that the method planned",
                        method.plan(engine, Type.F64, 1, start.length, stopping));
                Block z = Block.of(Type.F64, 1, start.length, start)) {
            Outcome outcome = solver.solve(map(), z, observer);
            List<String> reasons = outcome.succeeded() ? List.of() : reasons(solver, z);
            return new Solution(this, z.toDoubles(), outcome.status(0), outcome.residual(0), outcome.evaluations(0), reasons);
        }
    }

    private List<String> reasons(FixedPointSolver solver, Block z) {
        Diagnosis diagnosis = Diagnosis.of(solver, map(), z);
        List<String> reasons = new ArrayList<>(diagnosis.failures());
        if (solver.outcome().status(0) != Status.NONFINITE_INPUT) {
            reasons.add(Endings.otherMethods(solver, diagnosis));
        }
        return List.copyOf(reasons);
    }

    private FixedPointMap map() {
        return FixedPointMap.rowwise((row, z, out) -> copy("f", f.apply(z), out));
    }

    private static void copy(String what, double[] value, double[] out) {
        if (Arguments.present("fixed point", "the result of " + what, value).length != out.length) {
            throw new IllegalArgumentException(
                    "fixed point: the result of " + what + " has length " + value.length + ", expected " + out.length);
        }
        System.arraycopy(value, 0, out, 0, out.length);
    }

    private double[] adjoint(double[] at, double[] gradient) {
        int n = start.length;
        double tolerance = stopping.relative() > 0 ? stopping.relative() : DEFAULT.relative();
        try (Engine engine = Engines.best(1);
                LinearSolver solver = LinearSolver.plan(engine, Type.F64, 1, n, Stopping.relative(tolerance).within(1000));
                FiniteDifferences differences = new FiniteDifferences(engine, Type.F64, 1, n, map());
                Block z = Block.of(Type.F64, 1, n, at);
                Block g = Block.of(Type.F64, 1, n, gradient);
                Block u = Block.of(Type.F64, 1, n, new double[n])) {
            Outcome outcome;
            if (vjp == null) {
                differences.linearise(z, new Rows(1));
                outcome = solver.solve(differences.adjoint(), g, u);
            } else {
                FixedPointMap transpose = FixedPointMap.rowwise((row, v, out) -> copy("the derivative", vjp.apply(at.clone(), v), out));
                outcome = solver.solve(transpose::apply, g, u);
            }
            if (!outcome.succeeded()) {
                throw new NotSolved("adjoint: (I - Jᵀ) u = g was not solved to a relative residual of " + tolerance
                        + ". The solve" + (outcome.cycles(0) > 1 ? " by " + solver + "," : "") + " ended with "
                        + Endings.of(outcome.status(0)) + " after " + Plural.of(outcome.evaluations(0), "product") + " with Jᵀ"
                        + Endings.at(outcome.residual(0)) + ". "
                        + advice(outcome.status(0)), List.of(0));
            }
            return u.toDoubles();
        }
    }

    private String advice(Status status) {
        return switch (status) {
            case MAX_EVALUATIONS, STAGNATED, RESIDUAL_MISMATCH -> vjp == null
                    ? "J came from central differences: a derivative (vjp) or a larger tolerance may help."
                    : "A larger tolerance may help.";
            default -> "If I - J is singular at z, the derivative of the solution does not exist.";
        };
    }

    /** The result of a solve. */
    public static final class Solution {
        private final FixedPoint problem;
        private final double[] z;
        private final Status status;
        private final double residual;
        private final int evaluations;
        private final List<String> reasons;

        private Solution(FixedPoint problem, double[] z, Status status, double residual, int evaluations, List<String> reasons) {
            this.problem = problem;
            this.z = z;
            this.status = status;
            this.residual = residual;
            this.evaluations = evaluations;
            this.reasons = reasons;
        }

        /**
         * The fixed point. If it was not found, the point with the smallest residual at which f was evaluated, or the start if that holds
         * NaN or infinity. A copy.
         */
        public double[] z() {
            return z.clone();
        }

        /**
         * Whether the solve ended with a success ({@link Status#isSuccess}). After {@link Stopping#fixed}, which tests nothing, this is so
         * unless f returned NaN or infinity, and also when an observer stopped the row: look at {@link #residual}.
         */
        public boolean solved() {
            return status.isSuccess();
        }

        /** Why the solve ended. */
        public Status status() {
            return status;
        }

        /** The relative residual at {@link #z}: {@code ‖f(z) - z‖ / max(‖f(z)‖, u ‖z₀‖)}, as in {@link Outcome#residual}. */
        public double residual() {
            return residual;
        }

        /** The number of evaluations of f in the solve. */
        public int evaluations() {
            return evaluations;
        }

        /** Why the fixed point was not found, and what would help; empty if it was found. */
        public List<String> reasons() {
            return reasons;
        }

        /**
         * The fixed point.
         *
         * @throws NotSolved if it was not found; the message is {@link #reasons}
         */
        public double[] orThrow() {
            if (!solved()) {
                throw new NotSolved(String.join(" ", reasons), List.of(0));
            }
            return z();
        }

        /**
         * Solves {@code (I - Jᵀ) u = g}, with J the Jacobian of f at the fixed point. If g is the gradient of a loss with respect to z, the
         * gradient with respect to any parameter θ of f is {@code uᵀ ∂f/∂θ} (the implicit function theorem).
         *
         * <p>The linear solve has the relative tolerance of the stopping rule, or 10⁻¹⁰ if that has none, and at most 1000 products with
         * Jᵀ. Without {@link FixedPoint#vjp} each product takes 2 n evaluations of f, for central differences.
         *
         * @param gradient g, n finite numbers
         * @throws NotSolved if the solve failed, or the linear solve does. After {@link Stopping#fixed}, or if an observer stopped the row,
         *     nothing was tested, and the result is meaningless unless z is a fixed point
         */
        public double[] adjoint(double... gradient) {
            orThrow();
            if (Arguments.present("adjoint", "the gradient", gradient).length != z.length) {
                throw new IllegalArgumentException("adjoint: the gradient has length " + gradient.length + ", expected " + z.length);
            }
            for (int i = 0; i < gradient.length; i++) {
                if (!Double.isFinite(gradient[i])) {
                    throw new IllegalArgumentException("adjoint: element " + i + " of the gradient is " + gradient[i]
                            + ", expected a finite number");
                }
            }
            return problem.adjoint(z, gradient);
        }

        @Override
        public String toString() {
            return solved()
                    ? "solved in " + Plural.of(evaluations, "evaluation") + ", residual " + String.format(Locale.ROOT, "%.2e", residual)
                    : String.join(" ", reasons);
        }
    }
}
