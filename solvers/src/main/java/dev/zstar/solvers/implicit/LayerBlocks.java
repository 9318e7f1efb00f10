package dev.zstar.solvers.implicit;

/**
 * How many blocks of {@code batch × n} the backward pass of a layer takes. The cotangents come first. Then come the states of a segment of
 * an unrolled network, or a linear solver: these never run at once. Behind the segment, and over the linear solver once it is done, come v
 * and z of the rows that have a gradient, if a row has none.
 *
 * @param cotangents two, or three if a mode unrolls
 * @param segment the states, for the mode with the most of them
 * @param adjoint the linear solver, for the mode with the largest one
 * @param kept what all modes keep from the forward to the backward pass; shared with nothing
 */
record LayerBlocks(int cotangents, int segment, int adjoint, int kept) {
    /** v and z. */
    private static final int PACKED = 2;

    /** Counts the blocks of a mode, or of all modes of a schedule. */
    static LayerBlocks of(GradientMode mode) {
        int segment = 0;
        int adjoint = 0;
        int kept = 0;
        boolean unrolls = false;
        for (GradientMode m : mode.modes()) {
            unrolls |= m.unrolls();
            segment = Math.max(segment, UnrolledNetwork.segment(m));
            adjoint = Math.max(adjoint, AdjointMethod.blocks(m));
            kept += UnrolledNetwork.kept(m) + (m instanceof GradientMode.Refined refined ? 2 * (refined.pairs() + 1) : 0);
        }
        return new LayerBlocks(unrolls ? 3 : 2, segment, adjoint, kept);
    }

    /** The blocks of the forward pass of training if the mode unrolls; otherwise that pass is a solve. */
    int unrolled() {
        return segment == 0 ? 0 : 3;
    }

    /** The number of the first block behind those that no other part of the backward pass may use. */
    int packed() {
        return cotangents + segment;
    }

    int backward() {
        return cotangents + Math.max(segment, adjoint);
    }

    /** The same, with room for packed rows. */
    int backwardWithPackedRows() {
        return Math.max(backward(), packed() + PACKED);
    }
}
