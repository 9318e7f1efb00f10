package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.problems.Norm;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.LinearFixedPoint;
import dev.zstar.solvers.linear.BiCgStab;
import dev.zstar.solvers.linear.ConjugateGradient;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.GmresIdr;
import dev.zstar.solvers.linear.LinearSolver;
import dev.zstar.solvers.linear.Neumann;
import dev.zstar.solvers.linear.NormalEquations;
import dev.zstar.solvers.linear.RecycledGmres;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Random linear solves: system, scale, method, memory and stopping rules are drawn at random. What the status of a row claims must hold. A
 * success has the required residual in exact arithmetic. A failure is no worse than its start. No returned value is NaN.
 */
final class RandomSystems {
    /** The linear methods. */
    enum LinearMethod {
        GMRES,
        PRECONDITIONED,
        FLEXIBLE,
        RECYCLED,
        GMRES_IDR,
        BICGSTAB,
        CONJUGATE_GRADIENTS,
        NORMAL_EQUATIONS,
        PICARD,
        ANDERSON,
        BROYDEN
    }

    /**
     * A method that solves rows in groups, and the same solver every time.
     *
     * @param method null for a Neumann series
     * @param seed seed of the options and of the preconditioner
     */
    record Plan(LinearMethod method, Type type, int n, int batch, Stopping stopping, long seed) {
        private static final List<LinearMethod> GROUPED = List.of(LinearMethod.GMRES, LinearMethod.PRECONDITIONED,
                LinearMethod.FLEXIBLE, LinearMethod.GMRES_IDR, LinearMethod.BICGSTAB, LinearMethod.CONJUGATE_GRADIENTS,
                LinearMethod.NORMAL_EQUATIONS);

        static Plan forGroups(Random random, Type type, int n, int batch) {
            if (random.nextInt(8) == 0) {
                return new Plan(null, type, n, batch, null, random.nextLong());
            }
            LinearMethod method = GROUPED.get(random.nextInt(GROUPED.size()));
            Stopping stopping = RandomSystems.stopping(random, method);
            while (stopping.trace()) {
                stopping = RandomSystems.stopping(random, method);
            }
            return new Plan(method, type, n, batch, stopping, random.nextLong());
        }

        LinearSolver plan(Engine engine) {
            Random random = new Random(seed);
            if (method == null) {
                return Neumann.plan(engine, type, batch, n, random.nextInt(9), random.nextBoolean() ? 1 : 1 - 0.9 * random.nextDouble());
            }
            LinearOperator m = LinearOperator.reentrant(new RandomSystem(random, type, n, batch).withoutStrikes());
            return RandomSystems.plan(engine, method, random, type, n, batch, m, stopping);
        }
    }

    private final Engine engine;
    private final Tally tally = new Tally();

    RandomSystems(Engine engine) {
        this.engine = engine;
    }

    /** How the rows ended. */
    Tally tally() {
        return tally;
    }

    /** Runs one solve; the same seed gives the same. One in three is then resumed, from its result or from a random point. */
    void solve(long seed) {
        Random random = new Random(seed);
        int n = 1 + random.nextInt(random.nextInt(8) == 0 ? 40 : 6);
        int batch = 1 + random.nextInt(4);
        Type type = random.nextBoolean() ? Type.F32 : Type.F64;
        LinearMethod method = LinearMethod.values()[random.nextInt(LinearMethod.values().length)];
        Stopping stopping = stopping(random, method);
        RandomSystem t = new RandomSystem(random, type, n, batch);
        // An arbitrary preconditioner: it may be singular, nilpotent or far too large.
        RandomSystem m = new RandomSystem(random, type, n, batch);
        String name = "system " + seed + " (" + method + ", " + batch + " × " + n + " " + type + ") ";
        LinearAttempt attempt = new LinearAttempt(name, type, stopping, t, m);
        long before = Block.liveBytes();
        try (LinearSolver solver = plan(engine, method, random, type, n, batch, m, stopping);
                Block rhs = rightHandSides(engine, random, type, n, batch);
                Block u = engine.allocate(type, batch, n);
                Block from = engine.allocate(type, batch, n)) {
            attempt.check(rhs, from, u, solver.solve(t, rhs, u));
            if (random.nextInt(3) == 0) {
                for (int b = 0; b < batch && random.nextBoolean(); b++) {
                    for (int i = 0; i < n; i++) {
                        u.set(b, i, random.nextGaussian());
                    }
                }
                from.copyFrom(u);
                attempt.check(rhs, from, u, solver.resume(t, rhs, u));
            }
        } catch (RuntimeException e) {
            attempt.violated("threw " + e.getClass().getSimpleName(), "threw " + e);
        }
        if (Block.liveBytes() != before) {
            attempt.violated("left memory", "left " + (Block.liveBytes() - before) + " bytes");
        }
    }

    private static Stopping stopping(Random random, LinearMethod method) {
        int budget = 2 + random.nextInt(60);
        if (random.nextInt(10) == 0) {
            return Stopping.fixed(budget);
        }
        Stopping stopping = Stopping.relative(random.nextInt(10) == 0 ? 0 : Math.pow(10, -1 - 11 * random.nextDouble())).within(budget);
        boolean fixedPoint = method.compareTo(LinearMethod.PICARD) >= 0;
        stopping = !fixedPoint && random.nextInt(6) == 0 ? stopping.orAbsolute(Math.pow(10, -8 * random.nextDouble())) : stopping;
        return random.nextInt(6) == 0 ? stopping.traced() : stopping;
    }

    private static LinearSolver plan(
            Engine engine, LinearMethod method, Random random, Type type, int n, int batch, LinearOperator m, Stopping stopping) {
        int memory = 1 + random.nextInt(random.nextInt(8) == 0 ? 150 : 12);
        Gmres.Options gmres = Gmres.Options.DEFAULT.withRestart(memory);
        return switch (method) {
            case GMRES -> Gmres.plan(engine, type, batch, n, gmres, stopping);
            case PRECONDITIONED -> Gmres.plan(engine, type, batch, n, gmres.withPreconditioner(m), stopping);
            case FLEXIBLE -> Gmres.plan(engine, type, batch, n, gmres.withFlexible(m), stopping);
            case RECYCLED -> RecycledGmres.plan(engine, type, batch, n,
                    new RecycledGmres.Options(memory + 5, 1 + random.nextInt(memory / 2 + 1)), stopping);
            case GMRES_IDR -> GmresIdr.plan(engine, type, batch, n, memory, stopping);
            case BICGSTAB -> BiCgStab.plan(engine, type, batch, n, stopping);
            case CONJUGATE_GRADIENTS -> ConjugateGradient.plan(engine, type, batch, n, stopping);
            case NORMAL_EQUATIONS -> NormalEquations.plan(engine, type, batch, n, stopping);
            case PICARD -> LinearFixedPoint.picard(engine, type, batch, n, 1 - 0.9 * random.nextDouble(), stopping);
            case ANDERSON -> LinearFixedPoint.anderson(engine, type, batch, n, Anderson.Options.DEFAULT.withWindow(Math.min(memory, 50)),
                    stopping);
            case BROYDEN -> LinearFixedPoint.broyden(engine, type, batch, n,
                    new Broyden.Options(memory + 1).withUpdate(random.nextBoolean() ? Broyden.Update.GOOD : Broyden.Update.BAD), stopping);
        };
    }

    static Block rightHandSides(Engine engine, Random random, Type type, int n, int batch) {
        Block rhs = engine.allocate(type, batch, n);
        double most = type == Type.F32 ? Float.MAX_VALUE : Double.MAX_VALUE;
        for (int b = 0; b < batch; b++) {
            double least = type == Type.F32 ? -44 : -322;
            double size = switch (random.nextInt(10)) {
                case 0 -> 0;
                case 1, 2 -> Math.pow(10, least + random.nextDouble() * (type == Type.F32 ? 82 : 629));
                default -> 1;
            };
            for (int i = 0; i < n; i++) {
                rhs.set(b, i, random.nextInt(300) == 0 ? Double.NaN : Math.clamp(size * random.nextGaussian(), -most, most));
            }
        }
        return rhs;
    }

    /** One solve. */
    private final class LinearAttempt {
        private final String name;
        private final Type type;
        private final Stopping stopping;
        private final RandomSystem t;
        private final RandomSystem preconditioner;

        LinearAttempt(String name, Type type, Stopping stopping, RandomSystem t, RandomSystem preconditioner) {
            this.name = name;
            this.type = type;
            this.stopping = stopping;
            this.t = t;
            this.preconditioner = preconditioner;
        }

        void check(Block rhs, Block from, Block solution, Outcome outcome) {
            for (int b = 0; b < rhs.rows(); b++) {
                Status status = outcome.status(b);
                tally.addRow(status);
                double[] right = EvaluationLog.row(rhs, b);
                double[] start = EvaluationLog.row(from, b);
                double[] u = EvaluationLog.row(solution, b);
                String violation = violation(b, right, start, u, status, outcome);
                if (violation != null) {
                    violated(status + ": " + violation,
                            violation + ": row " + b + ", " + t.describe(b) + ", " + status + " after " + outcome.evaluations(b)
                                    + " products, stated residual " + outcome.residual(b) + ", ‖b‖ = " + Norm.of(right) + ", ‖u‖ = "
                                    + Norm.of(u) + ", relative tolerance " + stopping.relative());
                }
            }
        }

        void violated(String kind, String what) {
            tally.addViolation(kind, name + what);
        }

        private String violation(int row, double[] b, double[] start, double[] u, Status status, Outcome outcome) {
            if (!EvaluationLog.isFinite(b)) {
                return status != Status.NONFINITE_INPUT ? "a right-hand side that is not finite has another status"
                        : EvaluationLog.isFinite(u) ? null : "NaN or infinity was returned";
            }
            if (!EvaluationLog.isFinite(u)) {
                return "NaN or infinity was returned";
            }
            double length = Norm.of(b);
            if (length == 0) {
                return status == Status.CONVERGED_ZERO_RHS && Norm.of(u) == 0 ? null : "the solution of a zero right-hand side is not zero";
            }
            double exact = Norm.of(t.residual(row, b, u));
            // An upper bound of the rounding error of a product in the type, and of the residual from it.
            double unit = type.unitRoundoff() * (b.length + 10);
            double least = unit * length + b.length * (type == Type.F32 ? Float.MIN_VALUE : Double.MIN_VALUE) * (1 + t.size(row));
            double rounding = unit * Norm.of(u) * (1 + t.size(row)) + least;
            if (!(exact + rounding < Double.POSITIVE_INFINITY)) {
                return status.isSuccess() && !stopping.fixed() ? "a residual that overflows is reported as a success" : null;
            }
            String falseReport = switch (status) {
                case NONFINITE_INPUT -> "a finite right-hand side is reported as not finite";
                case NONFINITE_OPERATOR -> t.isNonfinite(row) || preconditioner.isNonfinite(row)
                        ? null
                        : "a finite operator is reported as not finite";
                default -> null;
            };
            if (falseReport != null) {
                return falseReport;
            }
            if (status != Status.NONFINITE_OPERATOR && !(Math.abs(outcome.residual(row) * length - exact) <= 0.001 * exact + rounding)) {
                return "the stated residual is not that of the returned point";
            }
            double before = Norm.of(t.residual(row, b, start));
            return status.isSuccess() ? success(row, start, u, status, exact, length, outcome.residual(row))
                    : exact <= before * 1.001 + 2 * (rounding + unit * Norm.of(start) * (1 + t.size(row))) ? null
                    : "a failure returned a point worse than its start";
        }

        private String success(int row, double[] start, double[] u, Status status, double exact, double length, double stated) {
            if (status == Status.COMPLETED_FIXED_STEPS) {
                return stopping.fixed() ? null : "a fixed number of products was not set";
            }
            if (status == Status.CONVERGED_AT_START && !Arrays.equals(start, u)) {
                return "a row that had converged at its start was changed";
            }
            double asked = Math.max(stopping.relative() * length, stopping.absolute());
            if (status == Status.CONVERGED_HAPPY_BREAKDOWN) {
                asked = Math.max(asked, 100 * type.unitRoundoff() * length);
            }
            // The stated residual is at least u ‖u‖. If it meets the tolerance, so does the rounding of a product, up to this factor.
            double factor = (u.length + 10) * (1 + t.size(row));
            return exact <= asked * factor && stated * length <= asked * 1.001 + Double.MIN_VALUE ? null : "the tolerance is not met";
        }
    }
}
