package dev.zstar.reports;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.reports.terminal.Paragraph;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.diagnosis.Diagnosis;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.implicit.GradientReport;
import dev.zstar.solvers.linear.LinearSolver;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;

/** The solves of {@code zstar solve} on one engine, and what it prints of them. */
final class SolveRun implements AutoCloseable {
    /** A successful solve with more evaluations is explained. Cells with a radius of 0.9 take 10 to 30. */
    private static final int SLOW = 50;
    /** Larger budgets get no trace, which takes 8 bytes for each evaluation. */
    private static final int TRACED = 1 << 20;
    /** The indent of an explanation. */
    private static final String INDENT = " ".repeat(10);

    private final Engine engine;
    private final DenseCell cell;
    private final Block x;
    private final Block z;
    private final Block g;
    private final MethodOptions method;
    private final GradientOptions gradient;
    private final Stopping until;
    private final long steady;
    private final PrintWriter out;

    private SolveRun(
            Engine engine, DenseCell cell, Block x, Block g, MethodOptions method, GradientOptions gradient, Stopping until, long steady,
            PrintWriter out) {
        this.engine = engine;
        this.cell = cell;
        this.x = x;
        this.g = g;
        this.method = method;
        this.gradient = gradient;
        this.until = until;
        this.steady = steady;
        this.out = out;
        z = engine.allocate(Type.F32, cell.batch(), cell.n());
    }

    /**
     * Builds the cell {@code tanh(W z + u x + b)}, with an x for each row.
     *
     * @param steady nanoseconds of repeated solves; 0 for none
     */
    static SolveRun of(
            Engine engine, Block w, int batch, Random random, MethodOptions method, GradientOptions gradient, Stopping until, long steady,
            PrintWriter out) {
        int n = w.rows();
        try (Block u = random(random, n, 1, 1);
                Block b = random(random, 1, n, 1)) {
            DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, batch, method.formats());
            Block x = random(random, batch, 1, 1);
            cell.inject(x);
            return new SolveRun(engine, cell, x, random(random, batch, n, 1), method, gradient, until, steady, out);
        }
    }

    /** Solves for the equilibrium, and says how that went. */
    boolean forward(String remark) {
        FixedPointMap map = method.map(cell);
        try (FixedPointSolver solver = method.plan(engine, cell.n(), cell.batch(), traced())) {
            long start = System.nanoTime();
            Outcome outcome = solver.solve(map, z);
            long nanos = System.nanoTime() - start;
            report("forward", method + " on " + engine.name(), outcome, method.evaluations(solver, outcome.evaluations()), nanos, remark);
            if (!outcome.succeeded() || outcome.evaluations() > SLOW) {
                // Derivatives of the cell are exact; those of other maps would be differences.
                Diagnosis.of(solver, cell, z).sentences().forEach(this::explain);
            }
            if (!outcome.succeeded()) {
                out.println("backward  not solved, since the forward solve failed");
                out.flush();
                return false;
            }
        }
        if (steady > 0) {
            try (FixedPointSolver solver = method.plan(engine, cell.n(), cell.batch(), until);
                    Block start = engine.allocate(Type.F32, cell.batch(), cell.n());
                    Block again = engine.allocate(Type.F32, cell.batch(), cell.n())) {
                Outcome[] last = new Outcome[1];
                Optional<SteadyState> found = SteadyState.measure(() -> {
                    again.copyFrom(start);
                    last[0] = solver.solve(map, again);
                }, steady / 2);
                steady(found, method.evaluations(solver, last[0].evaluations()), method.isFull() ? operations(last[0]) : 0);
            }
        }
        return true;
    }

    private Stopping traced() {
        return until.maxEvaluations() <= TRACED ? until.traced() : until;
    }

    /** Solves for the adjoint, or runs the backward pass of a layer, and says how that went. */
    boolean backward() {
        return gradient.hasMode() ? layer() : adjoint();
    }

    private boolean adjoint() {
        try (LinearSolver solver = gradient.linear(engine, cell.batch(), cell.n(), until);
                Block v = engine.allocate(Type.F32, cell.batch(), cell.n())) {
            cell.linearise(z);
            long start = System.nanoTime();
            Outcome outcome = solver.solve(cell::vjp, g, v);
            long nanos = System.nanoTime() - start;
            report("backward", gradient.linearName(), outcome, outcome.evaluations() + " evaluations", nanos, "");
            boolean succeeded = outcome.succeeded();
            if (succeeded && steady > 0) {
                Optional<SteadyState> found = SteadyState.measure(() -> solver.solve(cell::vjp, g, v), steady / 2);
                steady(found, outcome.evaluations() + " evaluations", operations(outcome));
            }
            return succeeded;
        }
    }

    private boolean layer() {
        int n = cell.n();
        try (FixedPointSolver solver = method.plan(engine, n, cell.batch(), until);
                EquilibriumLayer<DenseCell.Gradients> layer = EquilibriumLayer.plan(cell, solver, gradient.mode(until));
                Block start = engine.allocate(Type.F32, cell.batch(), n);
                Block dw = engine.allocate(Type.F32, n, n);
                Block du = engine.allocate(Type.F32, n, 1);
                Block db = engine.allocate(Type.F32, 1, n)) {
            DenseCell.Gradients sum = new DenseCell.Gradients(dw, du, db, null);
            Outcome solved = layer.forward(x, start);
            if (!solved.succeeded() && !layer.mode().unrolls()) {
                out.println("gradient  none, since the forward solve of the layer failed");
                return false;
            }
            long begun = System.nanoTime();
            GradientOutcome outcome = layer.backward(g, sum);
            long nanos = System.nanoTime() - begun;
            if (!outcome.succeeded()) {
                explainAs("gradient", gradient.modeName() + " failed: " + outcome);
                return false;
            }
            int evaluations = outcome.evaluations();
            GradientReport exact = layer.report(g);
            explainAs("gradient", String.format(Locale.ROOT, "%s: %d products with the Jacobian, cosine %.6f with the exact gradient, "
                    + "relative error %.2e, %.2f ms with the gradients of W and b", gradient.modeName(), evaluations, exact.worstCosine(),
                    exact.worstError(), nanos * 1e-6));
            if (steady > 0) {
                steady(SteadyState.measure(() -> layer.backward(g, sum), steady / 2), evaluations + " products", 0);
            }
            return true;
        }
    }

    /** The operations of the products with W: 2 n² for each row of an evaluation. */
    private double operations(Outcome outcome) {
        return 2.0 * cell.n() * cell.n() * outcome.rowEvaluations();
    }

    private void steady(Optional<SteadyState> found, String evaluations, double operations) {
        explainAs("  steady", found.isPresent() ? evaluations + ", " + found.get().words(operations)
                : "not measured, since a solve takes too long; --steady SECONDS gives more time");
    }

    /** Prints a line for a solve: the method, how many rows ended with each status, and the cost. */
    private void report(String direction, String who, Outcome outcome, String evaluations, long nanos, String remark) {
        Map<Status, Integer> ends = new EnumMap<>(Status.class);
        for (int b = 0; b < outcome.batch(); b++) {
            ends.merge(outcome.status(b), 1, Integer::sum);
        }
        String rows = ends.entrySet().stream()
                .map(end -> (outcome.batch() == 1 ? "" : end.getValue() + " of " + outcome.batch() + " rows ") + end.getKey())
                .collect(Collectors.joining(", "));
        out.printf(Locale.ROOT, "%-9s %s: %s, %s, largest relative residual %.2e, %.2f ms%s%n",
                direction, who, rows, evaluations, outcome.worstResidual(), nanos * 1e-6, remark);
        out.flush();
    }

    /** Prints an indented sentence in lines that fit a terminal. */
    private void explain(String sentence) {
        Paragraph.wrap(INDENT, sentence, Zstar.WIDTH).forEach(out::println);
        out.flush();
    }

    private void explainAs(String subject, String sentence) {
        Paragraph.wrap(String.format(Locale.ROOT, "%-" + INDENT.length() + "s", subject), sentence, Zstar.WIDTH).forEach(out::println);
        out.flush();
    }

    /** A block of normally distributed numbers with this standard deviation. */
    static Block random(Random random, int rows, int cols, double deviation) {
        Block block = Block.allocate(Type.F32, rows, cols);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, deviation * random.nextGaussian());
            }
        }
        return block;
    }

    @Override
    public void close() {
        z.close();
        g.close();
        x.close();
        cell.close();
    }
}
