package dev.zstar.solvers;

/**
 * A map that has replicas. Each replica has memory of its own, so several threads can evaluate a map at once, each for a group of rows.
 * All replicas read the same parameters, and give a row the same bits as the map.
 *
 * <p>A row of the batch is loaded into a slot of a replica, and evaluated there until its solve ends. Then the slot takes the next row.
 */
public interface ReplicatedMap {
    /**
     * The replica of a worker, with at least {@code slots} slots. The same object in later calls with as many slots or fewer, so that
     * further solves allocate nothing. Called in the thread that calls the solver.
     *
     * @param worker the number of the worker, from 0 on
     */
    Replica replica(int worker, int slots);

    /**
     * The bytes of weights that an evaluation reads, whatever the number of rows; negative if that is unknown. With it a solver chooses
     * groups of rows whose memory fits into a cache together with the weights. If unknown it assumes those of a dense layer.
     */
    default long weightBytes() {
        return -1;
    }

    /**
     * The bytes that an evaluation reads and writes for each row in addition to z and f(z), such as the intermediate values of a deep cell;
     * at least 0. They share the cache with the weights and the history of the rows. The default is 0, which is right for a map that keeps
     * nothing for a row.
     */
    default long rowBytes() {
        return 0;
    }

    /** A map of slots. One thread uses it at a time. Its {@link FixedPointMap#rowOperations} are those of the map. */
    interface Replica extends FixedPointMap {
        /**
         * Slot {@code slot} becomes row {@code row} of the map's batch, with its input. Several replicas may be loaded at the same time.
         *
         * @throws IllegalStateException if the row has no input
         */
        void load(int slot, int row);
    }
}
