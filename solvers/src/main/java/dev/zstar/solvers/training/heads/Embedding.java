package dev.zstar.solvers.training.heads;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import java.util.List;

/**
 * The first layer of a network on symbols: {@code x_p = E[id_p]}, with the parameter {@code <name>.weight} (E, {@code symbols × width}), as
 * {@code torch.nn.Embedding} has it. The {@link Parameters} may hold others, too. The embedding reads it in each call, so it needs no
 * update after a step.
 *
 * <p>It is the product of E with one-hot rows, without those rows. For an input of tokens, use {@code x.folded(tokens)}, a view with one
 * row for each token.
 */
public final class Embedding {
    private final Engine engine;
    private final Type type;
    private final String weight;
    private final Block table;

    /** The description of the parameter; the first values are normal with the standard deviation 1. */
    public static List<Parameter> descriptions(String name, int symbols, int width) {
        Arguments.present("embedding", "the name", name);
        return List.of(Parameter.matrix(name + ".weight", symbols, width, Initialiser.normal(1)));
    }

    /**
     * An embedding with this parameter, which stays the caller's.
     *
     * @param name the name in front of {@code .weight}
     */
    public Embedding(Engine engine, String name, Parameters parameters) {
        this.engine = Arguments.present("embedding", "the engine", engine);
        weight = Arguments.present("embedding", "the name", name) + ".weight";
        type = Arguments.present("embedding", "the parameters", parameters).type();
        table = parameters.get(weight);
    }

    /**
     * {@code x_p = E[id_p]}.
     *
     * @param ids one for each row, from 0 to {@code symbols - 1}; may be longer
     * @param x {@code rows × width}, written
     */
    public void apply(int[] ids, Block x) {
        int count = require("apply", ids, "x", x);
        Arguments.disjoint("apply", "x", x, weight, table);
        for (int p = 0; p < count; p++) {
            x.copyRow(table, ids[p], p);
        }
    }

    /**
     * Adds the gradient of the parameter: {@code dE[id_p] += dx_p}, for p = 0, 1, … in this order.
     *
     * @param ids those of {@link #apply}
     * @param dx the gradient with respect to x, {@code rows × width}
     * @param sum has a parameter of the name
     */
    public void gradients(int[] ids, Block dx, Parameters sum) {
        int count = require("gradients", ids, "the gradient of x", dx);
        Block total = Arguments.present("gradients", "the record of gradients", sum).get(weight);
        total.requireShape("gradients", weight, type, table.rows(), table.cols());
        Arguments.disjoint("gradients", "the gradient of x", dx, weight, total);
        for (int p = 0; p < count; p++) {
            engine.axpy(1, dx.part(p, count), total.part(ids[p], total.rows()));
        }
    }

    private int require(String operation, int[] ids, String name, Block block) {
        int count = Arguments.present(operation, name, block).rows();
        block.requireShape(operation, name, type, count, table.cols());
        if (Arguments.present(operation, "the array of symbols", ids).length < count) {
            throw new IllegalArgumentException(operation + ": the number of symbols is " + ids.length + ", expected at least " + count
                    + ", one for each row");
        }
        for (int p = 0; p < count; p++) {
            if (ids[p] < 0 || ids[p] >= table.rows()) {
                throw new IllegalArgumentException(
                        operation + ": the symbol of row " + p + " is " + ids[p] + ", expected 0 to " + (table.rows() - 1));
            }
        }
        return count;
    }

    /** The number of symbols. */
    public int symbols() {
        return table.rows();
    }

    /** The number of elements of each. */
    public int width() {
        return table.cols();
    }
}
