package dev.zstar.solvers;

/**
 * Makes the replicas of a map ({@link FixedPointMap#replicas}). Each replica has memory of its own, so several threads can evaluate the map
 * at once, each for a group of rows. All replicas read the same parameters, and give a row the same bits as the map.
 *
 * <p>A solve loads a row of the batch into a slot of a replica, and evaluates it there until the row is done. Then the slot takes another
 * row.
 */
public interface ReplicatedMap {
    /**
     * The replica of a worker, with at least {@code slots} slots. Later calls with as many slots or fewer return the same object, so that
     * further solves allocate nothing. The thread that calls the solver makes this call.
     *
     * @param worker the number of the worker, from 0. A worker is a thread that solves groups of rows
     */
    Replica replica(int worker, int slots);

    /**
     * A solve or a stream begins to use the replicas. Unless this throws, it calls {@link #end} when it is done. Replicas that serve one
     * solve at a time, because loading a row overwrites that of another solve, refuse a second one. The default does nothing.
     *
     * @param operation the name of the call, for messages
     * @throws IllegalStateException if another solve uses the replicas, and they do not serve two
     */
    default void begin(String operation) {}

    /** The solve or stream that called {@link #begin} is done. */
    default void end() {}

    /**
     * The bytes of weights that an evaluation reads, whatever the number of rows; negative if that is unknown. A solver chooses groups of
     * rows that fit into a cache together with these weights. If their size is unknown, it assumes a dense layer with n² weights.
     */
    default long weightBytes() {
        return -1;
    }

    /**
     * The bytes that an evaluation reads and writes for each row in addition to z and f(z); at least 0. The intermediate values of a deep
     * cell are an example. They share the cache with the weights and with the vectors that the solver keeps for each row. The default is 0,
     * for a map that keeps nothing for a row.
     */
    default long rowBytes() {
        return 0;
    }

    /**
     * A map whose batch are the slots: {@code rows.index(p)} is the slot at position p. One thread uses it at a time. It must return the
     * {@link FixedPointMap#rowOperations} of the map.
     */
    interface Replica extends FixedPointMap {
        /**
         * From now on slot {@code slot} is row {@code row} of the map's batch, with its input. Several replicas may load at the same time.
         *
         * @throws IllegalStateException if the row has no input
         */
        void load(int slot, int row);
    }
}
