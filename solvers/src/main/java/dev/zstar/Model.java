package dev.zstar;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;

/**
 * The parameters behind an {@link Equilibrium}, their gradients, and the map that they belong to.
 *
 * @param <P> what holds parameters, and gradients of the same shapes
 */
interface Model<P> extends AutoCloseable {
    Type type();

    int n();

    int inputs();

    /** The n numbers of a row of z in words, for messages: {@code 128 (16 tokens × 8)}. */
    default String stateLayout() {
        return Integer.toString(n());
    }

    /** The same of a row of x. */
    default String inputLayout() {
        return Integer.toString(inputs());
    }

    P parameters();

    P gradients();

    void clearGradients();

    /** Takes new parameters; throws if they do not fit. */
    void update(P parameters);

    /** Throws if arrays of the gradients were replaced by others that do not fit. */
    void requireGradients(String operation);

    /** Plans the map for batches of up to a number of rows. */
    Plan<?> plan(Engine engine, int batch);

    @Override
    void close();

    /**
     * The map and its gradients for one backward pass.
     *
     * @param <G> the record that the map adds gradients to
     */
    interface Plan<G> extends AutoCloseable {
        EquilibriumMap<G> map();

        /** Zeros for the gradients of a pass with {@code rows} rows. */
        G clear(int rows);

        /** The gradient of x of that pass, {@code batch × inputs}. */
        Block dx();

        /** Adds the gradients of that pass to those of the model. */
        void addGradients();

        /** The map reads the parameters of the model again. */
        void update();

        @Override
        void close();
    }
}
