package dev.zstar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FiniteDifferences;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.diagnosis.Diagnosis;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.linear.LinearSolver;
import java.util.List;
import java.util.Locale;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/**
 * A problem {@code z = f(z)} in arrays of doubles, for a function of one's own:
 *
 * <pre>{@code
 * double[] z = FixedPoint.solve(v -> new double[] {Math.cos(v[0])}, 1).orThrow();       // 0.739…
 * }</pre>
 *
 * <p>Immutable. Each solve allocates its memory and gives it back; {@link FixedPointSolver} keeps it.
 */
public final class FixedPoint {
    /** {@code ‖f(z) - z‖ ≤ 10⁻¹⁰ ‖f(z)‖}, and the evaluations that a solve may spend. */
    private static final Stopping DEFAULT = Stopping.relative(1e-10).within(1000);

    private final UnaryOperator<double[]> f;
    private final BinaryOperator<double[]> vjp;
    private final double[] start;
    private final Stopping stopping;

    private FixedPoint(UnaryOperator<double[]> f, BinaryOperator<double[]> vjp, double[] start, Stopping stopping) {
        this.f = f;
        this.vjp = vjp;
        this.start = start;
        this.stopping = stopping;
    }

    /**
     * Solves {@code z = f(z)} from zeros.
     *
     * @param f takes z, n numbers, and returns as many
     */
    public static Solution solve(UnaryOperator<double[]> f, int n) {
        return of(f, n).solve();
    }

    /** Describes {@code z = f(z)} for z of {@code n} numbers, to be solved from zeros. */
    public static FixedPoint of(UnaryOperator<double[]> f, int n) {
        Arguments.atLeast("fixed point", "n", n, 1);
        return new FixedPoint(Arguments.present("fixed point", "the function", f), null, new double[n], DEFAULT);
    }

    /** The same problem from another start. */
    public FixedPoint from(double... start) {
        if (Arguments.present("fixed point", "the start", start).length != this.start.length) {
            throw new IllegalArgumentException("fixed point: a start of " + start.length + " numbers, expected " + this.start.length);
        }
        return new FixedPoint(f, vjp, start.clone(), stopping);
    }

    /** The same problem, solved until {@code ‖f(z) - z‖ ≤ tolerance · ‖f(z)‖}. */
    public FixedPoint tolerance(double tolerance) {
        return stopping(Stopping.relative(tolerance).within(stopping.maxEvaluations()));
    }

    /** The same problem with another stopping rule. */
    public FixedPoint stopping(Stopping stopping) {
        return new FixedPoint(f, vjp, start, Arguments.present("fixed point", "the stopping rule", stopping));
    }

    /**
     * The same problem with a derivative, for {@link Solution#adjoint}; without one it comes from central differences.
     *
     * @param vjp takes z and u, and returns {@code Jᵀ u} with J the Jacobian of f at z
     */
    public FixedPoint vjp(BinaryOperator<double[]> vjp) {
        return new FixedPoint(f, Arguments.present("fixed point", "the derivative", vjp), start, stopping);
    }

    /** Solves it with {@link FixedPointSolver#plan}. An exception of the function comes out unchanged. */
    public Solution solve() {
        try (Engine engine = Engines.best(1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, 1, start.length, stopping);
                Block z = Block.of(Type.F64, 1, start.length, start)) {
            Outcome outcome = solver.solve(map(), z);
            List<String> reasons = outcome.succeeded() ? List.of() : Diagnosis.of(solver, map(), z).failures();
            return new Solution(this, z.toDoubles(), outcome.status(0), outcome.residual(0), outcome.evaluations(0), reasons);
        }
    }

    private FixedPointMap map() {
        return FixedPointMap.rowwise((row, z, out) -> copy("f", f.apply(z), out));
    }

    private static void copy(String what, double[] value, double[] out) {
        if (Arguments.present("fixed point", "what " + what + " returned", value).length != out.length) {
            throw new IllegalArgumentException("fixed point: " + what + " returned " + value.length + " numbers, expected " + out.length);
        }
        System.arraycopy(value, 0, out, 0, out.length);
    }

    private double[] adjoint(double[] at, double[] gradient) {
        int n = start.length;
        try (Engine engine = Engines.best(1);
                LinearSolver solver = LinearSolver.plan(engine, Type.F64, 1, n, Stopping.relative(stopping.relative()).within(1000));
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
                throw new NotSolved("the adjoint was not solved: " + outcome, List.of(0));
            }
            return u.toDoubles();
        }
    }

    /** What a solve came to, as a value. */
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

        /** The fixed point; where it was not found, the point with the shortest residual. */
        public double[] z() {
            return z.clone();
        }

        /** Whether it was found. */
        public boolean solved() {
            return status.isSuccess();
        }

        /** Why the solve ended. */
        public Status status() {
            return status;
        }

        /** {@code ‖f(z) - z‖ / ‖f(z)‖} at {@link #z}, as in {@link Outcome#residual}. */
        public double residual() {
            return residual;
        }

        /** Evaluations of f. */
        public int evaluations() {
            return evaluations;
        }

        /** Why it was not found, and what would help, a sentence each; empty if it was found. */
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
         * Solves {@code (I - Jᵀ) u = g}, J the Jacobian of f at the fixed point. With g the gradient of a loss with respect to z, the
         * gradient with respect to any parameter θ of f is {@code uᵀ ∂f/∂θ} (the implicit function theorem).
         *
         * @param gradient g, n numbers
         * @throws NotSolved if z is no fixed point, or the linear solve failed
         */
        public double[] adjoint(double... gradient) {
            orThrow();
            if (Arguments.present("adjoint", "the gradient", gradient).length != z.length) {
                throw new IllegalArgumentException("adjoint: a gradient of " + gradient.length + " numbers, expected " + z.length);
            }
            return problem.adjoint(z, gradient);
        }

        @Override
        public String toString() {
            return solved() ? "solved in " + evaluations + " evaluations, residual " + String.format(Locale.ROOT, "%.2e", residual)
                    : String.join(" ", reasons);
        }
    }
}
