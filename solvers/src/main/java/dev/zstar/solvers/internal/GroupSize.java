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

    /**
     * So many rows that their history and the weights fill four fifths of the cache. If the weights alone take more than half of it, they
     * are read from farther away for each product, and a large group shares these reads.
     *
     * @param weights the bytes of weights that an evaluation reads; negative if they are unknown
     */
    public int fitting(long weights) {
        int rows = read(weights) > cache / 2 ? MANY : Math.clamp((cache * 4 / 5 - read(weights)) / row / LEAST * LEAST, FEW, MANY);
        return Math.min(slots, rows);
    }

    /**
     * Whether a solve of this many rows has more than one group.
     *
     * @param weights the bytes of weights that an evaluation reads; negative if they are unknown
     */
    public boolean divides(int rows, long weights) {
        return rows > fitting(weights) || workers > 1 && rows >= 2 * LEAST;
    }

    /** The threads that share this many slots of a stream, each with enough of them. */
    public int shares(int slots) {
        return Math.clamp(slots / LEAST, 1, workers);
    }

    /**
     * The rows of a group, which begin together. The number of groups is a multiple of the workers, so that none waits for long. Weights
     * that fit into the cache are read at little cost, so there are two groups or more for each worker: a slow group then delays the end
     * less.
     */
    public int together(int rows, long weights) {
        int least = workers == 1 || read(weights) > cache / 2 ? 1 : Math.clamp(rows / (workers * FEW), 1, 2);
        int rounds = Math.max(least, share(rows, workers * fitting(weights)));
        return Math.min(slots, Math.max(LEAST, share(rows, workers * rounds)));
    }

    private long read(long weights) {
        return weights < 0 ? dense : weights;
    }

    private static int share(int rows, int parts) {
        return (rows + parts - 1) / parts;
    }
}
