package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import dev.zstar.solvers.internal.InputGuard;
import java.time.Duration;
import java.util.Arrays;

/** The steps of {@link MixedPrecision}: solves of the corrected cheap map, or the inner method's steps on f. */
final class CorrectionSteps implements IterationMethod {
    /** An inner solve must lower its own residual to this share; otherwise its result is not used. */
    private static final double SOLVED = 0.5;
    /**
     * A correction must lower the residual to this share. It costs about ten cheap evaluations, so a correction that achieves less is no
     * better than steps on f itself.
     */
    private static final double PROGRESS = 0.25;
    /** The patience of an inner solve. After that it has reached what the type resolves. */
    private static final int PATIENCE = 4;

    /** What a row does next. */
    private enum Stage {
        /** Its next step is a correction. */
        CORRECTING,
        /** Its iterate came from a correction, and f has not been evaluated there yet. */
        PROPOSED,
        /** It takes the inner method's steps on f. */
        PLAIN
    }

    private final Engine engine;
    private final double roundoff;
    private final MixedPrecision.Options options;
    private final FixedPointSolver inner;
    private final Basis τ;
    /** By row of the batch: {@code f(z_k)}, for a row that goes back. Its z_k is the best iterate, which is in the block of the result. */
    private final Basis values;
    /** By row of the batch: starts and results of inner solves. */
    private final Block y;
    private final Corrected corrected = new Corrected();
    /** For a method that evaluates within its steps: these evaluations count for the row. */
    private final CountedMap counted = new CountedMap(this::evaluated);
    private final Rows some;
    private final int[] positions;
    private final Stage[] stage;
    private final double[] before;
    private final double[] tolerances;
    private final double[] ones;
    private final double[] minus;
    private final int[] cheap;
    private int calls;
    /** The outcome of the solver that takes these steps. */
    private Outcome outcome;
    /** Set during a step. */
    private Iterates at;

    CorrectionSteps(Workspace workspace, MixedPrecision.Options options, MixedPrecision.InnerMethod method, Stopping stopping) {
        engine = workspace.engine();
        roundoff = workspace.type().unitRoundoff();
        this.options = options;
        Stopping within = Stopping.relative(0).within(options.maxEvaluations()).withPatience(PATIENCE);
        if (stopping.maxNanos() < Long.MAX_VALUE) {
            within = within.within(Duration.ofNanos(stopping.maxNanos()));
        }
        inner = Arguments.present("mixed precision", "the inner solver",
                method.plan(workspace.engine(), workspace.type(), workspace.batch(), workspace.n(), within));
        workspace.include(inner.workspace());
        if (!inner.engine().equals(engine) || inner.type() != workspace.type() || inner.n() != workspace.n()
                || inner.batch() != workspace.batch()) {
            throw new IllegalArgumentException("mixed precision: the inner solver is planned for " + Plural.of(inner.batch(), "row")
                    + " of " + inner.n() + " " + inner.type() + " on " + inner.engine().name() + ", expected "
                    + Plural.of(workspace.batch(), "row") + " of " + workspace.n() + " " + workspace.type() + " on the same "
                    + engine.name() + " engine");
        }
        τ = workspace.basis(1);
        values = workspace.basis(1);
        y = workspace.block();
        some = new Rows(workspace.batch());
        positions = new int[workspace.batch()];
        stage = new Stage[workspace.batch()];
        before = new double[2 * workspace.batch()];
        tolerances = new double[workspace.batch()];
        ones = workspace.ones();
        minus = new double[workspace.batch()];
        Arrays.fill(minus, -1);
        cheap = new int[workspace.batch()];
    }

    @Override
    public void begin(int b) {
        if (outcome.evaluations() == 0) {
            calls = 0;
        }
        stage[b] = Stage.CORRECTING;
        cheap[b] = 0;
    }

    /** A row whose proposal is no better than its previous point goes back there. */
    @Override
    public boolean accept(Iterates at, int b, int p) {
        if (stage[b] == Stage.PROPOSED) {
            double is = at.residualSquare(b);
            stage[b] = Stage.CORRECTING;
            if (!(is < before[2 * b])) {
                at.recall(b, p);
                at.g().copyRow(values.block(), b, p);
                at.measured(b, before[2 * b], before[2 * b + 1]);
                switchToPlain(b);
            } else if (is > PROGRESS * PROGRESS * before[2 * b]) {
                switchToPlain(b);
            }
        }
        before[2 * b] = at.residualSquare(b);
        before[2 * b + 1] = at.valueSquare(b);
        return true;
    }

    private void switchToPlain(int b) {
        stage[b] = Stage.PLAIN;
        inner.loop().method().begin(b);
    }

    @Override
    public Status gaveUp(int b) {
        return stage[b] == Stage.PLAIN ? inner.loop().method().gaveUp(b) : null;
    }

    @Override
    public void advance(Iterates at, FixedPointMap f) {
        Rows rows = at.rows();
        FixedPointMap low = f.approximation();
        if (low != null) {
            correct(at, low);
        }
        some.reset(0);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (stage[b] == Stage.PROPOSED) {
                continue;
            }
            if (stage[b] == Stage.CORRECTING) {
                switchToPlain(b);
            }
            positions[some.count()] = p;
            some.append(b);
        }
        if (some.count() > 0) {
            this.at = at;
            try {
                inner.loop().step(at, counted.follow(f), some, positions);
            } finally {
                this.at = null;
                counted.follow(null);
            }
        }
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (stage[b] == Stage.PROPOSED) {
                at.g().copyRow(y, b, p);
            }
        }
    }

    private void evaluated(Rows rows) {
        at.evaluated(rows);
    }

    /** Sets the outcome, whose evaluations are 0 when a solve begins. */
    void watch(Outcome outcome) {
        this.outcome = outcome;
    }

    /** The number of calls of the cheap map. */
    int calls() {
        return calls;
    }

    /** The evaluations of the cheap map for row {@code b}. */
    int cheap(int b) {
        return cheap[b];
    }

    /** Solves {@code z = f̃(z) + τ} for the rows to correct. Rows whose residual fell enough get a proposal, in y. */
    private void correct(Iterates at, FixedPointMap low) {
        Rows rows = at.rows();
        some.reset(0);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (stage[b] == Stage.CORRECTING) {
                some.append(b);
                y.copyRow(at.z(), p, b);
                double value = Math.sqrt(before[2 * b + 1]);
                double floor = Math.max(options.floor() * roundoff, at.goal(b, value) / (2 * value));
                tolerances[b] = Math.min(SOLVED, Math.max(options.share() * Math.sqrt(before[2 * b]) / value, floor));
            }
        }
        if (some.count() == 0) {
            return;
        }
        engine.store(at.g(), ones, values, 0, rows);
        corrected.low = corrected.counted.follow(low);
        corrected.first = true;
        try {
            inner.loop().solveSome(corrected, y, some, tolerances, null);
        } finally {
            corrected.low = corrected.counted.follow(null);
        }
        for (int i = 0; i < some.count(); i++) {
            int b = some.index(i);
            if (inner.loop().shortest(b) <= SOLVED * Math.sqrt(before[2 * b])) {
                stage[b] = Stage.PROPOSED;
            }
        }
    }

    /** The map {@code f̃(z) + τ}. It computes τ at its first evaluation, at z_k. */
    private final class Corrected implements InputGuard.Own {
        private final CountedMap counted = new CountedMap(this::count);
        private CountedMap low;
        private boolean first;

        private void count(Rows active) {
            calls++;
            for (int p = 0; p < active.count(); p++) {
                cheap[active.index(p)]++;
            }
        }

        /** The derivatives of f̃, because τ is constant. */
        @Override
        public DifferentiableMap derivatives() {
            return low.derivatives();
        }

        @Override
        public void apply(Block z, Block out, Rows active) {
            low.apply(z, out, active);
            if (first) {
                first = false;
                engine.store(out, minus, τ, 0, active);
                engine.mix(values, 1, ones, out, active);
                engine.multiAxpy(τ, 1, ones, out, active, null);
                engine.store(out, ones, τ, 0, active);
                engine.mix(values, 1, ones, out, active);
            } else {
                engine.multiAxpy(τ, 1, ones, out, active, null);
            }
        }
    }
}
