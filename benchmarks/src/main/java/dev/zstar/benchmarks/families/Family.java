package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import java.util.List;

/** A family of models, described by its options: the network below the head of a {@link Classifier}. Holds no memory. */
public interface Family {
    /** The element type. */
    Type type();

    /** The number of elements of an input. */
    int inputs();

    /** The number of elements that the network gives to the head. */
    int features();

    /** The descriptions of the parameters. */
    List<Parameter> descriptions();

    /**
     * Allocates everything that training needs.
     *
     * @param batch the most rows
     * @param parameters have these descriptions; the body reads them here, and again in {@link Body#update}
     */
    Body plan(Engine engine, int batch, Parameters parameters);
}
