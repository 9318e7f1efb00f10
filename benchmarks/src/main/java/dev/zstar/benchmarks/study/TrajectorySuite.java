package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.problems.Norm;
import dev.zstar.benchmarks.problems.Problem;
import dev.zstar.benchmarks.problems.ProblemSet;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The iterates of three solvers on one small problem from one start, along the first three principal components of all iterates.
 *
 * <p>Distances to the fixed point span ten powers of ten, so the components are those of scaled differences: {@code z - z*} keeps its
 * direction, and its length becomes {@code log(‖z - z*‖ / d) / log(D / d)} with the least and the largest distance, d and D. The last
 * iterates count as much as the first.
 *
 * <p>Nothing is timed, and the solves are the same in every run, so they run in this process.
 */
final class TrajectorySuite {
    private static final double TOLERANCE = 1e-10;
    private static final int BUDGET = 1000;
    /** The components that are drawn. */
    private static final int SHOWN = 3;

    private TrajectorySuite() {}

    static void run(StudyProgress progress, List<Trajectory> trajectories) {
        progress.stage("trajectories", 1);
        Problem problem = ProblemSet.turning();
        double[] solution = problem.solution().orElseThrow();
        Map<String, List<double[]>> differences = differences(problem, solution);
        double[] lengths = differences.values().stream().flatMap(List::stream).mapToDouble(Norm::of).filter(d -> d > 0).sorted().toArray();
        double least = lengths[0];
        double range = Math.log(lengths[lengths.length - 1] / least);
        Map<String, List<double[]>> scaled = new LinkedHashMap<>();
        differences.forEach((solver, list) -> scaled.put(solver, list.stream().map(one -> scaled(one, least, range)).toList()));
        double[][] components =
                PrincipalComponents.of(scaled.values().stream().flatMap(List::stream).toList(), SHOWN);
        differences.forEach((solver, list) -> trajectories.add(new Trajectory(solver, problem.name(), share(scaled.get(solver), components),
                list.stream().map(Norm::of).toList(), list.stream().map(one -> along(components, one)).toList())));
        progress.step(problem.name());
    }

    /** {@code z - z*} of every evaluation, by solver. */
    private static Map<String, List<double[]>> differences(Problem problem, double... solution) {
        Map<String, List<double[]>> differences = new LinkedHashMap<>();
        int n = problem.n();
        Stopping until = Stopping.relative(TOLERANCE).within(BUDGET);
        try (Engine engine = Engines.best(1);
                FixedPointSolver picard = Picard.plan(engine, Type.F64, 1, n, 1, until);
                FixedPointSolver anderson = Anderson.plan(engine, Type.F64, 1, n, SolveChild.FIVE, until);
                FixedPointSolver broyden = Broyden.plan(engine, Type.F64, 1, n, Broyden.Options.DEFAULT, until)) {
            Map<String, FixedPointSolver> solvers = new LinkedHashMap<>();
            solvers.put("picard", picard);
            solvers.put("anderson(5)", anderson);
            solvers.put("broyden", broyden);
            solvers.forEach((name, solver) -> {
                List<double[]> seen = new ArrayList<>();
                FixedPointMap map = problem.map();
                try (Block z = problem.start(engine, Type.F64)) {
                    solver.solve((in, out, rows) -> {
                        map.apply(in, out, rows);
                        seen.add(minus(in.toDoubles(), solution));
                    }, z);
                }
                differences.put(name, seen);
            });
        }
        return differences;
    }

    private static double[] minus(double[] z, double... solution) {
        double[] difference = new double[z.length];
        for (int i = 0; i < z.length; i++) {
            difference[i] = z[i] - solution[i];
        }
        return difference;
    }

    /** The same direction, with a length between 0 and 1 for a distance between the least and the largest. */
    static double[] scaled(double[] difference, double least, double range) {
        double length = Norm.of(difference);
        double[] scaled = new double[difference.length];
        for (int i = 0; i < scaled.length && length > least; i++) {
            scaled[i] = difference[i] / length * Math.log(length / least) / range;
        }
        return scaled;
    }

    private static double share(List<double[]> points, double[]... components) {
        double inside = points.stream().flatMap(one -> along(components, one).stream()).mapToDouble(x -> x * x).sum();
        return inside / points.stream().mapToDouble(one -> Norm.of(one) * Norm.of(one)).sum();
    }

    private static List<Double> along(double[][] components, double... point) {
        List<Double> coordinates = new ArrayList<>();
        for (double[] component : components) {
            double sum = 0;
            for (int i = 0; i < point.length; i++) {
                sum += component[i] * point[i];
            }
            coordinates.add(sum);
        }
        return coordinates;
    }
}
