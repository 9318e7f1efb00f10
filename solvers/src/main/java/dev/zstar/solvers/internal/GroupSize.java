package dev.zstar.solvers.internal;

import dev.zstar.solvers.Workspace;

/**
 * How a batch is divided into groups of rows. A solver plans for groups of {@code slots} rows; how many of these a solve uses depends on
 * the weights of its map.
 *
 * @param slots the most rows of a group
 * @param workers the groups that are solved at a time, one for each thread
 * @param cache the bytes of the cache that a thread has to itself
 * @param row the bytes of a row's history
 * @param dense the bytes of the weights of a dense map, {@code n × n}: what a map is taken for if it does not say
 */
public record GroupSize(int slots, int workers, long cache, long row, long dense) {
    /** Products of fewer rows are slow. */
    private static final int LEAST = 8;
    /** Fewer than two full tiles for each thread gain nothing from larger caches. */
    private static final int FEW = 16;
    /** Beyond it a group gains nothing: weights that are read from the third level are then read often enough. */
    private static final int MANY = 64;

    /** For a solver whose memory is in this workspace. */
    public static GroupSize of(Workspace workspace) {
        long vector = (long) workspace.n() * workspace.type().bytes();
        return of(workspace.engine().cachePerThread(), workspace.engine().threads(), workspace.batch(), workspace.blocks() * vector,
                workspace.n() * vector);
    }

    static GroupSize of(long cache, int threads, int batch, long row, long dense) {
        int most = Math.clamp(batch / LEAST, 1, threads);
        int slots = Math.min(MANY, share(batch, most));
        // Shares are rounded up, so fewer of them may hold the batch.
        return new GroupSize(slots, Math.min(most, share(batch, slots)), cache, row, dense);
    }

    /** Whether a batch of this many rows is always one group. */
    public boolean isWhole(int batch) {
        return workers == 1 && batch <= FEW;
    }

    /** The bytes of weights that an evaluation reads: as told, or those of a dense map if that is negative, which means unknown. */
    public long weights(long told) {
        return told < 0 ? dense : told;
    }

    /**
     * So many rows that their history, their intermediate values and the weights fill four fifths of the cache. If the weights alone take
     * more than half of it, they are read from farther away for each product, and a large group shares these reads.
     *
     * @param told the bytes of weights that an evaluation reads; negative if they are unknown
     * @param values the bytes of what an evaluation keeps of each row
     */
    public int fitting(long told, long values) {
        long weights = weights(told);
        int rows = weights > cache / 2 ? MANY
                : Math.clamp((cache * 4 / 5 - weights) / (row + Math.clamp(values, 0, Long.MAX_VALUE / 2)) / LEAST * LEAST, FEW, MANY);
        return Math.min(slots, rows);
    }

    /**
     * Whether a solve of this many rows has more than one group.
     *
     * @param told as for {@link #fitting}
     * @param values as for {@link #fitting}
     */
    public boolean divides(int rows, long told, long values) {
        return rows > fitting(told, values) || workers > 1 && rows >= 2 * LEAST;
    }

    /** The threads that share this many slots of a stream, each with enough of them. */
    public int shares(int slots) {
        return Math.clamp(slots / LEAST, 1, workers);
    }

    /**
     * The rows of a group, which begin together. The number of groups is a multiple of the workers, so that none waits for long. Weights
     * that fit into the cache are read at little cost, so there are two groups or more for each worker: a slow group then delays the end
     * less.
     *
     * @param most the most rows of a group; no more than {@link #slots}
     * @param told as for {@link #fitting}
     * @param values as for {@link #fitting}
     */
    public int together(int rows, int most, long told, long values) {
        int least = workers == 1 || weights(told) > cache / 2 ? 1 : Math.clamp(rows / (workers * FEW), 1, 2);
        int rounds = Math.max(least, share(rows, workers * Math.min(most, fitting(told, values))));
        return Math.min(most, Math.max(LEAST, share(rows, workers * rounds)));
    }

    private static int share(int rows, int parts) {
        return (rows + parts - 1) / parts;
    }
}
