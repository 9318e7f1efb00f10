package dev.zstar.solvers;

/**
 * An operator that has replicas, like a {@link ReplicatedMap}. Each replica has memory of its own, so several threads can form products at
 * once, each for a group of rows. A replica gives a row the same bits as the operator.
 */
public interface ReplicatedOperator {
    /**
     * The replica of a worker, with at least {@code slots} slots. The same object in later calls with as many slots or fewer, so that
     * further solves allocate nothing. Called in the thread that calls the solver.
     *
     * @param worker the number of the worker, from 0 on
     */
    Replica replica(int worker, int slots);

    /** The bytes of weights that a product reads, as {@link ReplicatedMap#weightBytes}. */
    default long weightBytes() {
        return -1;
    }

    /** The bytes of what a product reads and writes for each row, as {@link ReplicatedMap#rowBytes}. */
    default long rowBytes() {
        return 0;
    }

    /** An operator on slots. One thread uses it at a time. */
    interface Replica extends LinearOperator {
        /**
         * Slot {@code slot} becomes row {@code row} of the operator's batch. Several replicas may be loaded at the same time.
         *
         * @throws IllegalStateException if the operator is not defined for the row, such as a Jacobian that was not linearised there
         */
        void load(int slot, int row);
    }
}
