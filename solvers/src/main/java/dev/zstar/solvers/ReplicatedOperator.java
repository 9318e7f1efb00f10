package dev.zstar.solvers;

/**
 * Makes the replicas of an operator ({@link LinearOperator#replicas}). Each replica has memory of its own, so several threads can form
 * products at once, each for a group of rows. A replica gives a row the same bits as the operator. {@link ReplicatedMap} does the same for
 * a map.
 */
public interface ReplicatedOperator {
    /**
     * The replica of a worker, with at least {@code slots} slots. Later calls with as many slots or fewer return the same object, so that
     * further solves allocate nothing. The thread that calls the solver makes this call.
     *
     * @param worker the number of the worker, from 0. A worker is a thread that solves groups of rows
     */
    Replica replica(int worker, int slots);

    /** A solve begins to use the replicas. See {@link ReplicatedMap#begin}. */
    default void begin(String operation) {}

    /** The solve that called {@link #begin} is done. */
    default void end() {}

    /** The bytes of weights that a product reads; negative if that is unknown. See {@link ReplicatedMap#weightBytes}. */
    default long weightBytes() {
        return -1;
    }

    /** The bytes that a product reads and writes for each row in addition to u and T u. See {@link ReplicatedMap#rowBytes}. */
    default long rowBytes() {
        return 0;
    }

    /** An operator whose batch are the slots: {@code rows.index(p)} is the slot at position p. One thread uses it at a time. */
    interface Replica extends LinearOperator {
        /**
         * From now on slot {@code slot} is row {@code row} of the operator's batch. Several replicas may load at the same time.
         *
         * @throws IllegalStateException if the operator is not defined for the row, such as the Jacobian of a row that was not linearised
         */
        void load(int slot, int row);
    }
}
