package dev.zstar.kernels;

/**
 * Operations of an {@link Engine} that read or write many vectors of a {@link Basis} in one pass. The conventions of {@link Engine} apply.
 * Position {@code p} of the working block belongs to row {@code b = rows.index(p)} of the basis. If an operation stores results by row, a
 * row must have only one position. Sums are accumulated in f64, as in {@link VectorOperations}.
 */
public interface Sweeps {
    /**
     * {@code h[b · capacity + j] = ⟨v_bj, w_p⟩} for {@code j < count}, in one pass over {@code w}. Each product has the same bits for
     * any count.
     */
    void multiDot(Basis v, int count, Block w, Rows rows, double[] h);

    /**
     * {@code w_p += Σ_j c[b · capacity + j] v_bj} for {@code j < count}, and {@code squares[b] = ‖w_p‖²} of the result.
     *
     * @param squares null if the norms are not wanted
     */
    void multiAxpy(Basis v, int count, double[] c, Block w, Rows rows, double[] squares);

    /** {@code z_p = Σ_j c[b · capacity + j] v_bj} for {@code j < count}; a coefficient of 0 leaves its vector unread. */
    void mix(Basis v, int count, double[] c, Block z, Rows rows);

    /**
     * {@code z_p = v_bs + Σ_j c[b · capacity + j] (v_bj - v_bs)} with {@code s = slots[b]} and {@code j ≠ s}: {@code Σ_j c_j v_j} with
     * coefficients that sum to 1. {@code c[b · capacity + s]} is not read, and neither is a vector with a coefficient of 0. A row with
     * {@code slots[b] = -1} keeps its z.
     *
     * <p>Unlike in {@link #mix} the sum may be formed in the type of the elements, with an error below
     * {@code (capacity + 2) ε Σ |c_j| ‖v_j - v_s‖ + ε ‖z‖}, ε its unit roundoff: no more than rounded vectors v_j bring with them.
     */
    void mixAround(Basis v, int[] slots, double[] c, Block z, Rows rows);

    /** {@code v_b,slot = s[b] w_p}. */
    void store(Block w, double[] s, Basis v, int slot, Rows rows);

    /**
     * One pass of classical Gram-Schmidt: {@code h[b · capacity + j] = ⟨v_bj, w_p⟩} for {@code j < count}, then
     * {@code w_p -= Σ_j h[b · capacity + j] v_bj}, and {@code squares[b] = ‖w_p‖²} of the result. Each element of {@code h} has the same
     * bits as in {@link #multiDot}, for any count.
     *
     * @param squares null if the norms are not wanted
     */
    default void project(Basis v, int count, Block w, Rows rows, double[] h, double[] squares) {
        Operands.sweep("project", v, count, "h", h, w, rows);
        Operands.squares("project", squares, rows);
        rows.requireDistinct("project");
        Operands.apart("project", "the working block", w, "the basis", v.block());
        multiDot(v, count, w, rows, h);
        negate(v, count, rows, h);
        multiAxpy(v, count, h, w, rows, squares);
        negate(v, count, rows, h);
    }

    private static void negate(Basis v, int count, Rows rows, double[] h) {
        for (int p = 0; p < rows.count(); p++) {
            int at = rows.index(p) * v.capacity();
            for (int j = at; j < at + count; j++) {
                h[j] = -h[j];
            }
        }
    }

    /** {@code w_p = s[b] w_p}, and {@code v_b,slot} becomes a copy of it. */
    default void normalise(Block w, double[] s, Basis v, int slot, Rows rows) {
        Operands.sweep("normalise", v, w, rows);
        Operands.capacity("normalise", "s", s, rows.capacity());
        Operands.slot("normalise", v, slot);
        rows.requireDistinct("normalise");
        Operands.apart("normalise", "the basis", v.block(), "the working block", w);
        store(w, s, v, slot, rows);
        for (int p = 0; p < rows.count(); p++) {
            w.copyRow(v.block(), rows.index(p) * v.capacity() + slot, p);
        }
    }

    /**
     * One step of Anderson acceleration: {@code r = g_p - z_p} becomes vector {@code slots[b]} of {@code residuals}, {@code g_p} vector
     * {@code slots[b]} of {@code values}, and the Gram row of {@code r} is computed in the same pass:
     * {@code gram[b · (capacity + 1) + j] = ⟨r, r_bj⟩} for the newest {@code counts[b]} vectors of the ring, which are
     * {@code j = slots[b], slots[b] - 1, …} and, after 0, from the last slot on. For {@code j = slots[b]} that is {@code ‖r‖²}. The other
     * elements stay as they are. {@code gram[b · (capacity + 1) + capacity] = ‖g_p‖²}.
     *
     * @param slots the slot of each row of the batch: rows may start at different times
     * @param counts the number of vectors in use for each row, including {@code slots[b]}. With 0 only {@code ‖r‖²} and {@code ‖g_p‖²}
     *     are computed, and nothing is stored in the bases
     */
    void residualSweep(Block z, Block g, Basis residuals, Basis values, int[] slots, int[] counts, Rows rows, double[] gram);
}
