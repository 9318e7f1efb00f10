package dev.zstar.solvers.fixedpoint;

import dev.zstar.solvers.Workspace;

/**
 * How a batch is divided into groups.
 *
 * @param rows the slots of a group
 * @param workers the groups that are solved at a time, one for each thread
 */
record GroupSize(int rows, int workers) {
    /** Products of fewer rows are slow. */
    static final int LEAST = 8;
    /** Fewer than two full tiles for each thread gain nothing from larger caches. */
    private static final int FEW = 16;
    /** Beyond it a group gains nothing: weights that are read from the third level are then read often enough. */
    private static final int MANY = 64;

    /**
     * Chooses so that the history of a group and the weights of a dense map, {@code n × n}, fill four fifths of the cache that a thread
     * has to itself. If the weights alone take more than half of it, they are read from farther away for each product, and a large group
     * shares these reads.
     */
    static GroupSize of(Workspace workspace) {
        return of(workspace.engine().cachePerThread(), workspace.engine().threads(), workspace.batch(), workspace.n(),
                (long) workspace.blocks() * workspace.n() * workspace.type().bytes(), workspace.type().bytes());
    }

    /** @param row the bytes of a row's history */
    static GroupSize of(long cache, int threads, int batch, int n, long row, int element) {
        long weights = (long) n * n * element;
        int rows = weights > cache / 2 ? MANY : Math.clamp((cache * 4 / 5 - weights) / row / LEAST * LEAST, FEW, MANY);
        int workers = Math.clamp(batch / LEAST, 1, threads);
        return new GroupSize(Math.min(rows, (batch + workers - 1) / workers), workers);
    }

    /** Whether a batch is one group. */
    boolean isWhole(int batch) {
        return workers == 1 && rows >= batch;
    }

    /** The slots that each worker uses for this many rows: equal shares, if there are fewer rows than slots. */
    int used(int batch) {
        return Math.min(rows, Math.max(LEAST, (batch + workers - 1) / workers));
    }
}
