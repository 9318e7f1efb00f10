package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.problems.Problem;
import dev.zstar.benchmarks.problems.ProblemSet;
import dev.zstar.benchmarks.problems.QrAnderson;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.fixedpoint.Safeguard;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Counts the evaluations that each forward solver takes for each of the {@linkplain ProblemSet problems}, and those of a textbook
 * Anderson acceleration with the same window. Nothing is timed, and the counts are the same in every run, so everything runs in this
 * process.
 *
 * <p>The engine of a result is the name of the solver. The metric is {@code nfev}, or {@code failed.} and the status, with the evaluations
 * spent.
 *
 * <p>If a map does not contract, a solve may wander for hundreds of evaluations, and the last bit decides how many. The textbook
 * version and ours with the same window therefore have a second metric, {@code nfevNearby}. It is the median over this start and
 * {@value #NEARBY} others that are one rounding unit away. A failure counts as the budget.
 */
final class ProblemSuite {
    /** Evaluations that a solver may spend. */
    static final int BUDGET = 1000;

    private static final int NEARBY = 8;

    /** How a solve ended, and after how many evaluations. */
    record Attempt(Status status, int evaluations) {}

    /** A solver and its name in tables. */
    record ComparedSolver(String name, Solver solver) {
        /** Whether this is the textbook version, or ours with the same window. */
        boolean isCompared() {
            return name.matches("(textbook|anderson)\\(\\d+\\)");
        }
    }

    /** Solves a problem from {@code start}. */
    interface Solver {
        Attempt attempt(Engine engine, Problem problem, Type type, double... start);
    }

    /** Plans a solver for one row. */
    interface ForwardPlanner {
        FixedPointSolver plan(Engine engine, Type type, int n, Stopping stopping);
    }

    static final Anderson.Options TYPE_I = Anderson.Options.DEFAULT.withVariant(Anderson.Variant.TYPE_I);
    private static final Anderson.Options SAFE = SolveChild.FIVE.withSafeguard(Safeguard.DEFAULT);
    static final Broyden.Options BAD = Broyden.Options.DEFAULT.withUpdate(Broyden.Update.BAD).withReduction(Broyden.Reduction.SVD);

    /**
     * The solvers in the order of the table. {@code anderson(m)}, whose window is the same in every step, is compared with
     * {@code textbook(m)}; the default adapts its window.
     * The methods of Broyden are the good one, and the bad one with reductions. The variants of Picard iteration are plain, with β = 0.5,
     * and with the β that the residuals choose.
     */
    static final List<ComparedSolver> SOLVERS = List.of(
            textbook(5),
            planned("anderson(5)", (e, type, n, until) -> Anderson.plan(e, type, 1, n, SolveChild.FIVE, until)),
            textbook(10),
            planned("anderson(10)", (e, type, n, until) -> Anderson.plan(e, type, 1, n, SolveChild.FIVE.withWindow(10), until)),
            planned("default", (e, type, n, until) -> FixedPointSolver.plan(e, type, 1, n, until)),
            planned("type I", (e, type, n, until) -> Anderson.plan(e, type, 1, n, TYPE_I, until)),
            planned("safeguarded", (e, type, n, until) -> Anderson.plan(e, type, 1, n, SAFE, until)),
            planned("good", (e, type, n, until) -> Broyden.plan(e, type, 1, n, Broyden.Options.DEFAULT, until)),
            planned("bad, SVD", (e, type, n, until) -> Broyden.plan(e, type, 1, n, BAD, until)),
            planned("newton", (e, type, n, until) -> NewtonKrylov.plan(e, type, 1, n, NewtonKrylov.Options.DEFAULT, until)),
            planned("picard", (e, type, n, until) -> Picard.plan(e, type, 1, n, Picard.Options.PLAIN, until)),
            planned("damped", (e, type, n, until) -> Picard.plan(e, type, 1, n, Picard.Options.damped(0.5), until)),
            planned("adaptive", (e, type, n, until) -> Picard.plan(e, type, 1, n, Picard.Options.ADAPTIVE, until)));

    private ProblemSuite() {}

    static void run(StudyProgress progress, List<StudyResult> results) {
        List<Problem> problems = ProblemSet.all();
        progress.stage("problems", problems.size());
        try (Engine engine = Engines.best(1)) {
            for (Problem problem : problems) {
                Fork.requireTime();
                double radius = radius(engine, problem);
                for (Type type : Type.values()) {
                    TreeMap<String, Double> params = new TreeMap<>(Map.of("n", (double) problem.n(), "tolerance", tolerance(type)));
                    if (Double.isFinite(radius)) {
                        params.put("radius", radius);
                    }
                    String name = problem.name() + ", " + type;
                    for (ComparedSolver contender : SOLVERS) {
                        Attempt attempt = contender.solver().attempt(engine, problem, type, problem.start());
                        String metric = attempt.status().isSuccess() ? "nfev" : "failed." + attempt.status();
                        results.add(StudyResult.of("forward", name, contender.name(), 1, params, metric, null, attempt.evaluations()));
                        if (contender.isCompared()) {
                            double median = nearby(contender, engine, problem, type)[NEARBY / 2];
                            results.add(StudyResult.of("forward", name, contender.name(), 1, params, "nfevNearby", null, median));
                        }
                    }
                }
                progress.step(problem.name());
            }
        }
    }

    /** Near the resolution of the type, but far enough from it that the rounding of the fixed point does not matter. */
    static double tolerance(Type type) {
        return type == Type.F32 ? 1e-6 : 1e-10;
    }

    /**
     * Evaluations in ascending order, from the start and from starts whose elements are moved up or down by one unit of rounding. A failure
     * counts as {@link #BUDGET}.
     */
    static int[] nearby(ComparedSolver contender, Engine engine, Problem problem, Type type) {
        Random random = new Random(1);
        int[] spent = new int[NEARBY + 1];
        for (int k = 0; k <= NEARBY; k++) {
            double[] start = problem.start();
            for (int i = 0; k > 0 && i < start.length; i++) {
                start[i] += (random.nextBoolean() ? 2 : -2) * type.unitRoundoff() * Math.max(Math.abs(start[i]), 0.5);
            }
            Attempt attempt = contender.solver().attempt(engine, problem, type, start);
            spent[k] = attempt.status().isSuccess() ? attempt.evaluations() : BUDGET;
        }
        Arrays.sort(spent);
        return spent;
    }

    /**
     * The spectral radius of the Jacobian at the solution. If the exact solution is not known, it is that of plain iteration from the
     * start, or else that of the textbook version; NaN if both fail.
     */
    static double radius(Engine engine, Problem problem) {
        if (problem.accuracy() == 0 && problem.solution().isPresent()) {
            return problem.radius(problem.solution().orElseThrow());
        }
        Stopping until = Stopping.relative(tolerance(Type.F64)).within(10 * BUDGET);
        try (Picard picard = Picard.plan(engine, Type.F64, 1, problem.n(), 1, until);
                Block z = problem.start(engine, Type.F64)) {
            if (picard.solve(problem.map(), z).succeeded()) {
                return problem.radius(z.toDoubles());
            }
        }
        double[] z = problem.start();
        QrAnderson.Ending ending = new QrAnderson(5, tolerance(Type.F64), BUDGET).solve(problem.map(), Type.F64, z);
        return ending.status().isSuccess() ? problem.radius(z) : Double.NaN;
    }

    private static ComparedSolver textbook(int window) {
        return new ComparedSolver("textbook(" + window + ")", (_, problem, type, start) -> {
            QrAnderson.Ending ending = new QrAnderson(window, tolerance(type), BUDGET).solve(problem.map(), type, start);
            return new Attempt(ending.status(), ending.evaluations());
        });
    }

    private static ComparedSolver planned(String name, ForwardPlanner planner) {
        return new ComparedSolver(name, (engine, problem, type, start) -> {
            try (FixedPointSolver solver = planner.plan(engine, type, problem.n(), Stopping.relative(tolerance(type)).within(BUDGET));
                    Block z = engine.allocate(type, 1, problem.n())) {
                z.copyFrom(start);
                Outcome outcome = solver.solve(problem.map(), z);
                return new Attempt(outcome.status(0), outcome.evaluations(0));
            }
        });
    }
}
