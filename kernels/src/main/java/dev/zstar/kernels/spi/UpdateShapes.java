package dev.zstar.kernels.spi;

import dev.zstar.kernels.AdamStep;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Updates;

/** Checks of the operands of {@link Updates}: each method throws, naming the operand, unless all operands fit each other. */
public final class UpdateShapes {
    private UpdateShapes() {}

    /** The operands of {@link Updates#adam}. */
    public static void adam(Block p, Block g, Block m, Block v, AdamStep step) {
        Operands.same("adam", "p", p, "g", g);
        Operands.same("adam", "p", p, "m", m);
        Operands.same("adam", "p", p, "v", v);
        Operands.present("adam", "the step", step);
        Operands.apart("adam", "p", p, "g", g);
        Operands.apart("adam", "m", m, "p", p);
        Operands.apart("adam", "m", m, "g", g);
        Operands.apart("adam", "v", v, "p", p);
        Operands.apart("adam", "v", v, "g", g);
        Operands.apart("adam", "v", v, "m", m);
    }
}
