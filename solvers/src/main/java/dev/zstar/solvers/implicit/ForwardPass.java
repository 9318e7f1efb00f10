package dev.zstar.solvers.implicit;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.guard.RememberedPass;

/** The last forward pass of a layer, which a change of the gradient mode ends. */
final class ForwardPass {
    private final RememberedPass pass;
    private boolean switched;

    ForwardPass(EquilibriumMap<?> map, Type type, int n, int batch) {
        pass = new RememberedPass("map", map::version, type, n, batch);
    }

    /** Throws unless x and z fit together. Forgets the last pass. */
    void begin(String operation, Block x, Block z) {
        switched = false;
        pass.begin(operation, x, z);
    }

    /** The gradient mode has changed. Forgets the last pass. */
    void switched() {
        switched |= pass.z() != null;
        pass.forget();
    }

    /** z is the equilibrium of x. */
    void end(Block x, Block z) {
        pass.end(x, z);
    }

    /** Throws unless there was a pass, the gradient has the shape of its states, and neither the map nor the blocks have changed since. */
    void require(String operation, Block gradient) {
        if (switched) {
            throw new IllegalStateException(
                    operation + ": the gradient mode has changed since forward(x, z), expected forward(x, z) again after step(number)");
        }
        pass.require(operation, gradient);
        pass.requireUnchanged(operation);
    }

    Block x() {
        return pass.x();
    }

    Block z() {
        return pass.z();
    }
}
