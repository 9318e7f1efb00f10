package dev.zstar.solvers.cells.program;

import dev.zstar.kernels.Block;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * Copies parts of samples between blocks, whatever number of rows a sample has in each. The elements of a sample are counted from 0,
 * row by row.
 */
public final class Runs {
    private Runs() {}

    /** Copies whole samples of the same size. */
    public static void copy(int samples, Block source, Block target) {
        copy(samples, 1, elements(samples, source), source, 0, target, 0);
    }

    /**
     * Cuts each sample of both blocks into {@code groups} of equal size. Of each group of the source, copies {@code length} elements from
     * element {@code from} on into the same group of the target, from element {@code to} on.
     */
    public static void copy(int samples, int groups, int length, Block source, int from, Block target, int to) {
        int in = elements(samples, source) / groups;
        int out = elements(samples, target) / groups;
        int sourceRows = source.rows() / samples;
        int targetRows = target.rows() / samples;
        try {
            for (int s = 0; s < samples; s++) {
                for (int g = 0; g < groups; g++) {
                    run(source, s * sourceRows, g * in + from, target, s * targetRows, g * out + to, length);
                }
            }
        } finally {
            Reference.reachabilityFence(source);
            Reference.reachabilityFence(target);
        }
    }

    private static int elements(int samples, Block block) {
        return block.rows() / samples * block.cols();
    }

    /** Copies elements that follow each other, in pieces that end where a row of either block ends. */
    private static void run(Block source, int sourceRow, int from, Block target, int targetRow, int to, int length) {
        MemorySegment in = source.segment();
        MemorySegment out = target.segment();
        long bytes = source.type().bytes();
        int read = from;
        int write = to;
        int rest = length;
        while (rest > 0) {
            int column = read % source.cols();
            int targetColumn = write % target.cols();
            int n = Math.min(rest, Math.min(source.cols() - column, target.cols() - targetColumn));
            MemorySegment.copy(in, (sourceRow + read / source.cols()) * source.strideBytes() + column * bytes, out,
                    (targetRow + write / target.cols()) * target.strideBytes() + targetColumn * bytes, n * bytes);
            read += n;
            write += n;
            rest -= n;
        }
    }
}
