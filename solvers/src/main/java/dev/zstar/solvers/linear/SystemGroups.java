package dev.zstar.solvers.linear;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.ReplicatedOperator;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.GroupSize;
import dev.zstar.solvers.internal.Remembered;
import dev.zstar.solvers.internal.Workers;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Solves the rows of a batch in groups, if T has replicas. Each thread of the engine takes the next rows of the batch, and solves them to
 * the end, without a barrier in between. A group is so small that its vectors stay in the second-level cache. Rows are independent, so each
 * has the same bits as in one large group. Rows of a group take their steps together, so a row that is done is not replaced before the
 * others are done.
 */
final class SystemGroups implements Procedure {
    private final VerifiedCycles whole;
    private final GroupSize size;
    private final Group[] groups;
    private final Workers workers;
    private final BooleanSupplier goesOn;
    private final Remembered<LinearOperator, ReplicatedOperator> copies = new Remembered<>(LinearOperator::replicas);
    /** Of the current solve. */
    private Block rhs;
    private Block solution;
    private boolean resumed;
    private double[] tolerances;
    private int most;

    private SystemGroups(Workspace workspace, String name, Stopping stopping, VerifiedCycles whole, GroupSize size,
            Function<Workspace, CycleMethod> method) {
        this.whole = whole;
        this.size = size;
        groups = new Group[size.workers()];
        for (int w = 0; w < groups.length; w++) {
            // The last of equal shares may be shorter.
            int first = w * size.slots();
            int slots = Math.min(size.slots(), workspace.batch() - first);
            groups[w] = new Group(slots, loop(workspace.part(first, slots), name, stopping, method));
        }
        workers = new Workers(workspace.engine(), groups.length, w -> groups[w].run());
        goesOn = workers::goOn;
    }

    /**
     * Plans groups in the memory of a workspace, or one loop for the whole batch: if that is a single group, if a trace is asked for, or if
     * results depend on the batch in any case.
     *
     * @param method makes the method of a group; it must keep nothing after a solve
     */
    static Procedure plan(Workspace workspace, String name, Stopping stopping, Function<Workspace, CycleMethod> method) {
        VerifiedCycles whole = loop(workspace, name, stopping, method);
        Engine engine = workspace.engine();
        GroupSize size = GroupSize.of(workspace);
        return !engine.reproducible() || stopping.trace() || size.isWhole(workspace.batch()) ? whole
                : new SystemGroups(workspace, name, stopping, whole, size, method);
    }

    private static VerifiedCycles loop(Workspace workspace, String name, Stopping stopping, Function<Workspace, CycleMethod> method) {
        return new VerifiedCycles(workspace, name, stopping, method.apply(workspace));
    }

    @Override
    public Outcome solve(LinearOperator t, Block rhs, Block solution, boolean resumed, double[] tolerances) {
        ReplicatedOperator replicas = copies.of(t);
        if (replicas == null || !size.divides(rhs.rows(), replicas.weightBytes())) {
            return whole.solve(t, rhs, solution, resumed, tolerances);
        }
        whole.outcome().start(rhs.rows());
        try {
            this.rhs = rhs;
            this.solution = solution;
            this.resumed = resumed;
            this.tolerances = tolerances;
            most = size.together(rhs.rows(), replicas.weightBytes());
            for (int w = 0; w < groups.length; w++) {
                groups[w].t = replicas.replica(w, Math.min(groups[w].slots, size.fitting(replicas.weightBytes())));
            }
            workers.run(rhs.rows());
            whole.outcome().countRows();
        } finally {
            this.rhs = null;
            this.solution = null;
            this.tolerances = null;
            for (Group group : groups) {
                group.t = null;
            }
        }
        return whole.outcome();
    }

    /** A thread's rows. */
    private final class Group {
        private final int slots;
        private final VerifiedCycles loop;
        private final double[] tolerated;
        private ReplicatedOperator.Replica t;

        Group(int slots, VerifiedCycles loop) {
            this.slots = slots;
            this.loop = loop;
            tolerated = new double[slots];
        }

        void run() {
            int batch = rhs.rows();
            int most = Math.min(SystemGroups.this.most, slots);
            for (int first = workers.take(most); first < batch && workers.goOn(); first = workers.take(most)) {
                solve(first, Math.min(most, batch - first));
            }
        }

        private void solve(int first, int rows) {
            for (int i = 0; i < rows; i++) {
                t.load(i, first + i);
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
