package dev.zstar.kernels.spi;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Sweeps;

/** Checks of the operands of {@link Sweeps}: each method throws, naming the operand, unless all operands fit each other. */
public final class SweepShapes {
    private SweepShapes() {}

    /** The operands of {@link Sweeps#multiDot}. */
    public static void multiDot(Basis v, int count, Block w, Rows rows, double[] h) {
        Operands.sweep("multiDot", v, count, "h", h, w, rows);
        rows.requireDistinct("multiDot");
    }

    /** The operands of {@link Sweeps#multiAxpy}. */
    public static void multiAxpy(Basis v, int count, double[] c, Block w, Rows rows, double[] squares) {
        Operands.sweep("multiAxpy", v, count, "c", c, w, rows);
        Operands.squares("multiAxpy", squares, rows);
        if (squares != null) {
            rows.requireDistinct("multiAxpy");
        }
        Operands.apart("multiAxpy", "the working block", w, "the basis", v.block());
    }

    /** The operands of {@link Sweeps#mix}. */
    public static void mix(Basis v, int count, double[] c, Block z, Rows rows) {
        Operands.sweep("mix", v, count, "c", c, z, rows);
        Operands.apart("mix", "the working block", z, "the basis", v.block());
    }

    /** The operands of {@link Sweeps#mixAround}. */
    public static void mixAround(Basis v, int[] slots, double[] c, Block z, Rows rows) {
        Operands.sweep("mixAround", v, z, rows);
        Operands.capacity("mixAround", "c", c, (long) rows.capacity() * v.capacity());
        Operands.capacity("mixAround", "slots", slots, rows.capacity());
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (slots[b] < -1 || slots[b] >= v.capacity()) {
                throw new IllegalArgumentException(
                        "mixAround: row " + b + " has slot " + slots[b] + ", expected -1 ≤ slots[" + b + "] < " + v.capacity());
            }
        }
        Operands.apart("mixAround", "the working block", z, "the basis", v.block());
    }

    /** The operands of {@link Sweeps#store} and {@link Sweeps#normalise}. */
    public static void store(String operation, Block w, double[] s, Basis v, int slot, Rows rows) {
        Operands.sweep(operation, v, w, rows);
        Operands.capacity(operation, "s", s, rows.capacity());
        Operands.slot(operation, v, slot);
        rows.requireDistinct(operation);
        Operands.apart(operation, "the basis", v.block(), "the working block", w);
    }

    /** The operands of {@link Sweeps#project}. */
    public static void project(Basis v, int count, Block w, Rows rows, double[] h, double[] squares) {
        Operands.sweep("project", v, count, "h", h, w, rows);
        Operands.squares("project", squares, rows);
        rows.requireDistinct("project");
        Operands.apart("project", "the working block", w, "the basis", v.block());
    }

    /** The operands of {@link Sweeps#residualSweep}. */
    public static void residualSweep(Block z, Block g, Basis residuals, Basis values, int[] slots, int[] counts, Rows rows, double[] gram) {
        String operation = "residualSweep";
        Operands.sweep(operation, "residuals", residuals, "z", z, rows);
        Operands.sweep(operation, "values", values, "g", g, rows);
        Operands.same(operation, "z", z, "g", g);
        Operands.capacity(operation, "gram", gram, (long) rows.capacity() * (residuals.capacity() + 1L));
        Operands.capacity(operation, "slots", slots, rows.capacity());
        Operands.capacity(operation, "counts", counts, rows.capacity());
        int capacity = Math.min(residuals.capacity(), values.capacity());
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            if (slots[b] < 0 || slots[b] >= capacity || counts[b] < 0 || counts[b] > capacity) {
                throw new IllegalArgumentException("residualSweep: row " + b + " has slot " + slots[b] + " and " + counts[b]
                        + " vectors in use, expected 0 ≤ slots[" + b + "] < " + capacity + " and 0 ≤ counts[" + b + "] ≤ " + capacity);
            }
        }
        rows.requireDistinct(operation);
        Operands.apart(operation, "residuals", residuals.block(), "z", z);
        Operands.apart(operation, "residuals", residuals.block(), "g", g);
        Operands.apart(operation, "values", values.block(), "z", z);
        Operands.apart(operation, "values", values.block(), "g", g);
        Operands.apart(operation, "values", values.block(), "residuals", residuals.block());
    }
}
