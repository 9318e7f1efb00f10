package dev.zstar;

import dev.zstar.kernels.Block;

/** Copies between blocks and arrays of rows. */
final class RowArrays {
    private RowArrays() {}

    static void copyIn(float[][] from, Block to) {
        for (int i = 0; i < from.length; i++) {
            for (int j = 0; j < from[i].length; j++) {
                to.set(i, j, from[i][j]);
            }
        }
    }

    static float[][] copyOut(Block from) {
        float[][] to = new float[from.rows()][from.cols()];
        for (int i = 0; i < to.length; i++) {
            for (int j = 0; j < to[i].length; j++) {
                to[i][j] = (float) from.get(i, j);
            }
        }
        return to;
    }

    /** Adds the elements of a block to those of the arrays. */
    static void add(Block from, float[]... to) {
        for (int i = 0; i < to.length; i++) {
            for (int j = 0; j < to[i].length; j++) {
                to[i][j] += (float) from.get(i, j);
            }
        }
    }
}
