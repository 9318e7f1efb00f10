package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Sweeps;
import dev.zstar.kernels.spi.SweepShapes;

/** Sweeps over a basis as formulas. */
interface ScalarSweeps extends Sweeps {
    @Override
    default void multiDot(Basis v, int count, Block w, Rows rows, double[] h) {
        SweepShapes.multiDot(v, count, w, rows, h);
        for (int p = 0; p < rows.count(); p++) {
            int first = rows.index(p) * v.capacity();
            for (int j = 0; j < count; j++) {
                h[first + j] = ScalarVectors.dot(v.block(), first + j, w, p);
            }
        }
    }

    @Override
    default void multiAxpy(Basis v, int count, double[] c, Block w, Rows rows, double[] squares) {
        SweepShapes.multiAxpy(v, count, c, w, rows, squares);
        for (int p = 0; p < rows.count(); p++) {
            combine(v, count, c, w, p, rows.index(p), true);
            if (squares != null) {
                squares[rows.index(p)] = ScalarVectors.dot(w, p, w, p);
            }
        }
    }

    @Override
    default void mix(Basis v, int count, double[] c, Block z, Rows rows) {
        SweepShapes.mix(v, count, c, z, rows);
        for (int p = 0; p < rows.count(); p++) {
            combine(v, count, c, z, p, rows.index(p), false);
        }
    }

    private static void combine(Basis v, int count, double[] c, Block w, int p, int row, boolean add) {
        int first = row * v.capacity();
        for (int i = 0; i < w.cols(); i++) {
            double sum = add ? w.get(p, i) : 0;
            for (int j = 0; j < count; j++) {
                if (c[first + j] != 0) {
                    sum += c[first + j] * v.block().get(first + j, i);
                }
            }
            w.set(p, i, sum);
        }
    }

    @Override
    default void store(Block w, double[] s, Basis v, int slot, Rows rows) {
        SweepShapes.store("store", w, s, v, slot, rows);
        for (int p = 0; p < rows.count(); p++) {
            for (int i = 0; i < w.cols(); i++) {
                v.block().set(rows.index(p) * v.capacity() + slot, i, s[rows.index(p)] * w.get(p, i));
            }
        }
    }

    @Override
    default void mixAround(Basis v, int[] slots, double[] c, Block z, Rows rows) {
        SweepShapes.mixAround(v, slots, c, z, rows);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int first = b * v.capacity();
            if (slots[b] < 0) {
                continue;
            }
            for (int i = 0; i < z.cols(); i++) {
                double center = v.block().get(first + slots[b], i);
                double sum = 0;
                for (int j = 0; j < v.capacity(); j++) {
                    if (j != slots[b] && c[first + j] != 0) {
                        sum += c[first + j] * (v.block().get(first + j, i) - center);
                    }
                }
                z.set(p, i, center + sum);
            }
        }
    }

    @Override
    default void residualSweep(Block z, Block g, Basis residuals, Basis values, int[] slots, int[] counts, Rows rows, double[] gram) {
        SweepShapes.residualSweep(z, g, residuals, values, slots, counts, rows, gram);
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int slot = slots[b];
            int first = b * residuals.capacity();
            int out = b * (residuals.capacity() + 1);
            gram[out + residuals.capacity()] = ScalarVectors.dot(g, p, g, p);
            if (counts[b] == 0) {
                gram[out + slot] = ScalarVectors.squaredDistance(g, p, z, p);
                continue;
            }
            for (int i = 0; i < z.cols(); i++) {
                residuals.block().set(first + slot, i, g.get(p, i) - z.get(p, i));
                values.block().set(b * values.capacity() + slot, i, g.get(p, i));
            }
            for (int k = 0; k < counts[b]; k++) {
                int j = Math.floorMod(slot - k, residuals.capacity());
                gram[out + j] = ScalarVectors.dot(residuals.block(), first + slot, residuals.block(), first + j);
            }
        }
    }
}
