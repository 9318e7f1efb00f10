package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.ReplicatedOperator;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.GroupSize;
import dev.zstar.solvers.internal.Remembered;
import dev.zstar.solvers.internal.Workers;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Solves the rows of a batch in groups, if T and the preconditioner have replicas. Each thread of the engine takes the next rows of the
 * batch, and solves them to the end, without a barrier in between. A group is small enough for its vectors to stay in the second-level
 * cache, unless the weights fill it. Rows are independent, so each has the same bits as in one large group. The rows of a group take their
 * steps together. So a row that is done is not replaced before the others are done.
 */
final class SystemGroups implements Procedure {
    private final RowsProcedure whole;
    private final GroupSize size;
    private final Group[] groups;
    private final Workers workers;
    private final BooleanSupplier goesOn;
    private final Remembered<LinearOperator, ReplicatedOperator> copies = new Remembered<>(LinearOperator::replicas);
    /** M⁻¹, or null for none. */
    private final LinearOperator preconditioner;
    private final Remembered<LinearOperator, ReplicatedOperator> preconditioners = new Remembered<>(LinearOperator::replicas);
    /** Of the current solve. */
    private Block rhs;
    private Block solution;
    private boolean resumed;
    private double[] tolerances;
    private int most;

    private SystemGroups(Workspace workspace, RowsProcedure whole, GroupSize size, LinearOperator preconditioner,
            BiFunction<Workspace, LinearOperator, RowsProcedure> part) {
        this.whole = whole;
        this.size = size;
        this.preconditioner = preconditioner;
        groups = new Group[size.workers()];
        for (int w = 0; w < groups.length; w++) {
            // The last of equal shares may be shorter.
            int first = w * size.slots();
            int slots = Math.min(size.slots(), workspace.batch() - first);
            GroupPreconditioner own = preconditioner == null ? null : new GroupPreconditioner();
            groups[w] = new Group(own, part.apply(workspace.part(first, slots), own));
        }
        workers = new Workers(workspace.engine(), groups.length, w -> groups[w].run());
        goesOn = workers::goOn;
    }

    /**
     * Plans groups in the memory of a workspace. It plans one loop for the whole batch instead, if that is a single group, if the stopping
     * rule has a trace, or if the engine is not reproducible.
     *
     * @param method makes the method of a group; it must keep nothing after a solve
     */
    static Procedure plan(Workspace workspace, String name, Stopping stopping, Function<Workspace, CycleMethod> method) {
        return plan(workspace, name, stopping, null, (own, _) -> method.apply(own));
    }

    /**
     * The same for a method with a preconditioner. Without replicas of it, all rows are solved together.
     *
     * @param preconditioner null for none
     * @param method makes the method of a group, with the preconditioner of that group
     */
    static Procedure plan(Workspace workspace, String name, Stopping stopping, LinearOperator preconditioner,
            BiFunction<Workspace, LinearOperator, CycleMethod> method) {
        BiFunction<Workspace, LinearOperator, RowsProcedure> part = (own, m) ->
                new VerifiedCycles(own, name, stopping, method.apply(own, m));
        RowsProcedure whole = part.apply(workspace, preconditioner);
        return stopping.trace() ? whole : divide(workspace, whole, preconditioner, part);
    }

    /**
     * Plans groups in the memory of a procedure. Returns that procedure instead, if the batch is a single group or the engine is not
     * reproducible.
     *
     * @param whole the procedure of the whole batch
     * @param part makes that of a group in a part of the workspace, with the preconditioner of the group
     */
    static Procedure divide(Workspace workspace, RowsProcedure whole, LinearOperator preconditioner,
            BiFunction<Workspace, LinearOperator, RowsProcedure> part) {
        GroupSize size = GroupSize.of(workspace);
        return !workspace.engine().reproducible() || size.isWhole(workspace.batch()) ? whole
                : new SystemGroups(workspace, whole, size, preconditioner, part);
    }

    @Override
    public Outcome solve(LinearOperator t, Block rhs, Block solution, boolean resumed, double[] tolerances) {
        ReplicatedOperator ts = copies.of(t);
        ReplicatedOperator ms = ts == null || preconditioner == null ? null : preconditioners.of(preconditioner);
        if (ts == null || preconditioner != null && ms == null) {
            return whole.solve(t, rhs, solution, resumed, tolerances);
        }
        long weights = size.weights(ts.weightBytes()) + (ms == null ? 0 : size.weights(ms.weightBytes()));
        long values = ts.rowBytes() + (ms == null ? 0 : ms.rowBytes());
        if (!size.divides(rhs.rows(), weights, values)) {
            return whole.solve(t, rhs, solution, resumed, tolerances);
        }
        begin(ts, ms);
        try {
            whole.outcome().start(rhs.rows());
            this.rhs = rhs;
            this.solution = solution;
            this.resumed = resumed;
            this.tolerances = tolerances;
            most = size.together(rhs.rows(), groups[0].loop.capacity(), weights, values);
            for (int w = 0; w < groups.length; w++) {
                groups[w].follow(ts, ms, w, size.fitting(weights, values));
            }
            workers.run(rhs.rows());
            whole.outcome().countRows();
        } finally {
            this.rhs = null;
            this.solution = null;
            this.tolerances = null;
            for (Group group : groups) {
                group.leave();
            }
            end(ts, ms);
        }
        return whole.outcome();
    }

    private static void begin(ReplicatedOperator ts, ReplicatedOperator ms) {
        ts.begin("solve");
        if (isAnother(ms, ts)) {
            boolean begun = false;
            try {
                ms.begin("solve");
                begun = true;
            } finally {
                if (!begun) {
                    ts.end();
                }
            }
        }
    }

    private static void end(ReplicatedOperator ts, ReplicatedOperator ms) {
        ts.end();
        if (isAnother(ms, ts)) {
            ms.end();
        }
    }

    /** Whether there is a preconditioner that is not T itself. */
    @SuppressWarnings("ReferenceEquality") // The very same replicas must not begin twice.
    private static boolean isAnother(ReplicatedOperator ms, ReplicatedOperator ts) {
        return ms != null && ms != ts;
    }

    /** A thread's rows. */
    private final class Group {
        /** Null for none. */
        private final GroupPreconditioner preconditioner;
        private final RowsProcedure loop;
        private final double[] tolerated;
        private ReplicatedOperator.Replica t;

        Group(GroupPreconditioner preconditioner, RowsProcedure loop) {
            this.preconditioner = preconditioner;
            this.loop = loop;
            tolerated = new double[loop.capacity()];
        }

        /** The most rows that this group takes at a time; none if it has no memory for a row. */
        private int most() {
            return Math.min(SystemGroups.this.most, loop.capacity());
        }

        /** @param fitting the most rows of a group with this operator */
        void follow(ReplicatedOperator ts, ReplicatedOperator ms, int worker, int fitting) {
            int slots = Math.max(1, Math.min(loop.capacity(), fitting));
            t = ts.replica(worker, slots);
            if (ms != null) {
                preconditioner.follow(ms.replica(worker, slots));
            }
        }

        void leave() {
            t = null;
            if (preconditioner != null) {
                preconditioner.follow(null);
            }
        }

        void run() {
            int batch = rhs.rows();
            int most = most();
            if (most == 0) {
                return;
            }
            for (int first = workers.take(most); first < batch && workers.goOn(); first = workers.take(most)) {
                solve(first, Math.min(most, batch - first));
            }
        }

        private void solve(int first, int rows) {
            for (int i = 0; i < rows; i++) {
                t.load(i, first + i);
                if (preconditioner != null) {
                    preconditioner.load(i, first + i);
                }
            }
            if (tolerances != null) {
                System.arraycopy(tolerances, first, tolerated, 0, rows);
            }
            loop.solve(t, rhs, solution, first, rows, resumed, tolerances == null ? null : tolerated, goesOn);
            for (int i = 0; i < rows; i++) {
                whole.outcome().adopt(first + i, loop.outcome(), i);
            }
        }
    }
}
