package dev.zstar.solvers.internal;

import dev.zstar.solvers.Workspace;

/**
 * How a batch is divided into groups of rows. A solver has memory for groups of {@code slots} rows. How many of these a solve uses depends
 * on the weights of its map.
 *
 * @param slots the most rows of a group
 * @param workers the groups that are solved at a time, one for each thread
 * @param cache the bytes of the cache that a thread has to itself
 * @param row the bytes of all vectors that the solver keeps for a row
 * @param dense the bytes of the weights of a dense layer, {@code n × n}, which stand for unknown weights
 */
public record GroupSize(int slots, int workers, long cache, long row, long dense) {
    /** Products of fewer rows are slow. */
    private static final int LEAST = 8;
    /** Two full tiles of 8 rows: a group may have these, however small the cache is. */
    private static final int FEW = 16;
    /** Larger groups gain nothing, even if they read weights from the third level: with n = 1024, 192 rows were slower than 64. */
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

    /** The bytes of weights that an evaluation reads: {@code weightBytes}, or those of a dense layer if that is negative. */
    public long weights(long weightBytes) {
        return weightBytes < 0 ? dense : weightBytes;
    }

    /**
     * The most rows whose vectors and intermediate values fit into four fifths of the cache together with the weights; 16 to 64. If the
     * weights alone take more than half of the cache, each product reads them from farther away, and a large group shares these reads.
     *
     * @param weightBytes the bytes of weights that an evaluation reads; negative if they are unknown
     * @param rowBytes the bytes of what an evaluation keeps of each row
     */
    public int fitting(long weightBytes, long rowBytes) {
        long weights = weights(weightBytes);
        int rows = weights > cache / 2 ? MANY
                : Math.clamp((cache * 4 / 5 - weights) / (row + Math.clamp(rowBytes, 0, Long.MAX_VALUE / 2)) / LEAST * LEAST, FEW, MANY);
        return Math.min(slots, rows);
    }

    /**
     * Whether a solve of this many rows has more than one group.
     *
     * @param weightBytes as for {@link #fitting}
     * @param rowBytes as for {@link #fitting}
     */
    public boolean divides(int rows, long weightBytes, long rowBytes) {
        return rows > fitting(weightBytes, rowBytes) || workers > 1 && rows >= 2 * LEAST;
    }

    /** How many threads share this many slots of a stream: as many as there are, but each has at least 8 slots. */
    public int shares(int slots) {
        return Math.clamp(slots / LEAST, 1, workers);
    }

    /**
     * How many rows of a batch form a group, and begin together. The number of groups is a multiple of the workers, so that none waits for
     * long. Weights that fit into half of the cache cost little to read. A large batch then has at least two groups for each worker, so
     * that a slow group delays the end less.
     *
     * @param rows the rows of the batch
     * @param most the most rows of a group; no more than {@link #slots}
     * @param weightBytes as for {@link #fitting}
     * @param rowBytes as for {@link #fitting}
     */
    public int together(int rows, int most, long weightBytes, long rowBytes) {
        int least = workers == 1 || weights(weightBytes) > cache / 2 ? 1 : Math.clamp(rows / (workers * FEW), 1, 2);
        int rounds = Math.max(least, share(rows, workers * Math.min(most, fitting(weightBytes, rowBytes))));
        return Math.min(most, Math.max(LEAST, share(rows, workers * rounds)));
    }

    private static int share(int rows, int parts) {
        return (rows + parts - 1) / parts;
    }
}
