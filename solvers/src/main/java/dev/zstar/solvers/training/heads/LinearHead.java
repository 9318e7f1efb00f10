package dev.zstar.solvers.training.heads;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.exits.Head;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import java.util.List;

/**
 * The last layer of a network, {@code y = z Aᵀ + a} for each row, with the parameters {@code <name>.weight} (A, {@code outputs × inputs})
 * and {@code <name>.bias} (a), as {@code torch.nn.Linear} has them. The {@link Parameters} may hold others, too. Without a parameter
 * {@code <name>.bias}, a is 0.
 *
 * <p>The head reads its parameters in each call, so it needs no update after a step. It is a {@link Head}: exit rules that are planned with
 * it follow its training.
 */
public final class LinearHead implements Head, AutoCloseable {
    private final Engine engine;
    private final Type type;
    private final int inputs;
    private final int outputs;
    private final int rows;
    private final String weight;
    private final String bias;
    private final boolean hasBias;
    private final Block a;
    private final Epilogue finish;
    private final Block ones;

    /** The descriptions of the parameters; the first values are uniform between {@code ±1/√inputs}. */
    public static List<Parameter> descriptions(String name, int outputs, int inputs) {
        Parameter bias = Parameter.vector(Arguments.present("linear head", "the name", name) + ".bias", outputs, first(inputs));
        return Parameter.join(descriptionsNoBias(name, outputs, inputs), List.of(bias));
    }

    /** The description of the matrix alone, for a head without a bias. */
    public static List<Parameter> descriptionsNoBias(String name, int outputs, int inputs) {
        return List.of(Parameter.matrix(Arguments.present("linear head", "the name", name) + ".weight", outputs, inputs, first(inputs)));
    }

    private static Initialiser first(int inputs) {
        return Initialiser.uniform(1 / Math.sqrt(Math.max(inputs, 1)));
    }

    /**
     * A head on these parameters, which stay the caller's.
     *
     * @param name the name in front of {@code .weight} and {@code .bias}
     * @param rows the most rows of a call
     */
    public LinearHead(Engine engine, String name, Parameters parameters, int rows) {
        this.engine = Arguments.present("linear head", "the engine", engine);
        Arguments.present("linear head", "the name", name);
        Arguments.atLeast("linear head", "the number of rows", rows, 1);
        type = Arguments.present("linear head", "the parameters", parameters).type();
        weight = name + ".weight";
        bias = name + ".bias";
        a = parameters.get(weight);
        outputs = a.rows();
        inputs = a.cols();
        hasBias = parameters.contains(bias);
        if (hasBias) {
            parameters.get(bias).requireShape("linear head", bias, type, 1, outputs);
        }
        finish = hasBias ? Epilogue.of(parameters.get(bias), Activation.IDENTITY) : Epilogue.NONE;
        this.rows = rows;
        ones = engine.allocate(type, rows, 1).withHeads();
        ones.fill(1);
    }

    private int require(String operation, String name, Block block, int cols) {
        int count = Arguments.present(operation, name, block).rows();
        if (count > rows) {
            throw new IllegalArgumentException(
                    operation + ": the number of rows of " + name + " is " + count + ", expected at most " + rows);
        }
        block.requireShape(operation, name, type, count, cols);
        return count;
    }

    private static void requireRows(String operation, String name, Block block, Type type, int count, int cols) {
        Arguments.present(operation, name, block).requireShape(operation, name, type, count, cols);
    }

    /**
     * {@code y = z Aᵀ + a}.
     *
     * @param z {@code rows × inputs}
     * @param y {@code rows × outputs}, written
     */
    public void apply(Block z, Block y) {
        int count = require("apply", "z", z, inputs);
        requireRows("apply", "y", y, type, count, outputs);
        engine.gemm(1, z, false, a, true, 0, y);
        if (hasBias) {
            engine.finish(z, y, finish);
        }
    }

    /** The same for exit rules; {@code rows} makes no difference. */
    @Override
    public void apply(Block z, Block y, Rows rows) {
        apply(z, y);
    }

    /**
     * The gradient with respect to z: {@code dz = dy A}.
     *
     * @param dy the gradient with respect to y, {@code rows × outputs}
     * @param dz {@code rows × inputs}, written
     */
    public void vjp(Block dy, Block dz) {
        int count = require("vjp", "the gradient of y", dy, outputs);
        requireRows("vjp", "the gradient of z", dz, type, count, inputs);
        engine.gemm(1, dy, false, a, false, 0, dz);
    }

    /**
     * Adds the gradients of the parameters: {@code dA += dyᵀ z} and {@code da += Σ_p dy_p}.
     *
     * @param dy the gradient with respect to y, {@code rows × outputs}; a row of zeros adds nothing if its z is finite
     * @param z {@code rows × inputs}
     * @param sum has parameters of the same names
     */
    public void gradients(Block dy, Block z, Parameters sum) {
        int count = require("gradients", "the gradient of y", dy, outputs);
        requireRows("gradients", "z", z, type, count, inputs);
        Block dA = Arguments.present("gradients", "the record of gradients", sum).get(weight);
        Block da = hasBias ? sum.get(bias) : null;
        if (da != null) {
            da.requireShape("gradients", bias, type, 1, outputs);
        }
        engine.addOuter(dy, z, dA);
        if (da != null) {
            engine.gemm(1, ones.head(count), true, dy, false, 1, da);
        }
    }

    @Override
    public Engine engine() {
        return engine;
    }

    @Override
    public Type type() {
        return type;
    }

    /** The most rows of a call. */
    @Override
    public int batch() {
        return rows;
    }

    /** The number of inputs. */
    @Override
    public int n() {
        return inputs;
    }

    /** The number of outputs. */
    @Override
    public int outputs() {
        return outputs;
    }

    /** Bytes that it holds, without the parameters. */
    public long bytes() {
        return ones.bytes();
    }

    @Override
    public void close() {
        ones.close();
    }
}
