package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.parameters.Parameter;
import java.util.Arrays;
import java.util.List;

/** A normalisation with a gain: {@code J = diag(gain) S} with a symmetric S. So one instruction of each serves all its derivatives. */
sealed interface Normalisation extends Operation permits RmsNorm, GroupNorm {
    /** The factor of each element or channel. */
    Parameter gain();

    /**
     * Adds {@code dx = S (gains ⊙ dy)}.
     *
     * @param gains null for ones
     * @param adds whether the gradients of the parameters are added, too
     */
    Register backward(Assembler a, Trace t, Register dy, Block gains, boolean adds);

    @Override
    default List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        return Arrays.asList(wanted.getFirst() ? a.once(List.of(t, dy), () -> backward(a, t, dy, a.bank().values(gain()), false)) : null);
    }

    @Override
    default void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        a.multiplyColumns(backward(a, t, dx.getFirst(), null, false), gain(), out);
    }

    @Override
    default void gradients(Assembler a, Trace t, Register dy) {
        a.once(List.of(t, dy), () -> backward(a, t, dy, a.bank().values(gain()), true));
    }
}
