package dev.zstar.solvers.training.optimisers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.parameters.Parameters;
import java.util.HashMap;
import java.util.Map;

/**
 * The exponential moving average of parameters over the steps of training (Polyak, Juditsky 1992, with weights that decay). It often
 * generalises better than the last parameters. An update is
 *
 * <pre>
 *   a ← γ a + (1 - γ) p        with γ = β (1 - βᵗ) / (1 - βᵗ⁺¹) in update t = 0, 1, …
 * </pre>
 *
 * <p>That γ removes the bias towards the start, as in Adam: after update t the weight of the parameters of update i is proportional to
 * {@code β^(t - i)}, and the weights add up to 1. After the first update the average is the parameters themselves.
 *
 * <p>For evaluation {@link #swap} exchanges the average with the parameters, and exchanges them back:
 *
 * <pre>{@code
 * average.swap(parameters);
 * map.restore();
 * // evaluate
 * average.swap(parameters);
 * map.restore();
 * }</pre>
 *
 * <p>An evaluation like this changes no bit of the training. With {@code map.update()} each spectral norm would take two more steps of its
 * power iteration.
 */
public final class Average implements AutoCloseable {
    private final Engine engine;
    private final double beta;
    private final OwnedMemory memory;
    private final Parameters values;
    /** A row of the length of each parameter, for swaps. */
    private final Block[] spares;
    private long updates;
    private boolean isSwapped;

    /**
     * Allocates an average.
     *
     * @param like parameters with the descriptions of those that are averaged; their values are not read
     * @param beta β, at least 0 and below 1, such as 0.999
     */
    public Average(Engine engine, Parameters like, double beta) {
        this.engine = Arguments.present("average", "the engine", engine);
        Arguments.present("average", "the parameters", like);
        if (!(beta >= 0 && beta < 1)) {
            throw new IllegalArgumentException("average: β is " + beta + ", expected at least 0 and below 1");
        }
        this.beta = beta;
        memory = new OwnedMemory(engine);
        try {
            values = memory.add(like.zerosLike(), Parameters::close, Parameters::bytes);
            Map<Integer, Block> byLength = new HashMap<>();
            spares = like.descriptions().stream()
                    .map(p -> byLength.computeIfAbsent(p.cols(), cols -> memory.block(like.type(), 1, cols))).toArray(Block[]::new);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
    }

    /**
     * Takes the parameters in, after a step.
     *
     * @throws IllegalStateException if the average is swapped with the parameters
     */
    public void update(Parameters parameters) {
        require("update", parameters);
        if (isSwapped) {
            throw new IllegalStateException("update: the average is swapped with the parameters, expected a second swap before");
        }
        double before = Math.pow(beta, (double) updates);
        double exact = beta * (1 - before) / (1 - beta * before);
        // A number of the type, and so is 1 - γ if γ is at least 1/2: rounded separately, two factors that do not add up to 1 would let
        // parameters that never change drift, by 10⁻⁴ for β = 0.9999 in f32.
        double gamma = values.type() == Type.F32 ? (float) exact : exact;
        for (int i = 0; i < spares.length; i++) {
            engine.axpby(1 - gamma, parameters.blocks().get(i), gamma, values.blocks().get(i));
        }
        updates++;
    }

    /** Exchanges the values of the average and of the parameters. The second call undoes the first, to the bit. */
    public void swap(Parameters parameters) {
        require("swap", parameters);
        if (updates == 0) {
            throw new IllegalStateException("swap: the average is empty, expected a call of update before");
        }
        for (int i = 0; i < spares.length; i++) {
            swap(values.blocks().get(i), parameters.blocks().get(i), spares[i]);
        }
        isSwapped = !isSwapped;
    }

    private void require(String operation, Parameters parameters) {
        values.requireSame(operation, "the parameters", parameters);
        for (int i = 0; i < spares.length; i++) {
            Block p = parameters.blocks().get(i);
            Block a = values.blocks().get(i);
            p.requireOpen(operation, "a block of the parameters");
            a.requireOpen(operation, "a block of the average");
            Arguments.disjoint(operation, "a block of the parameters", p, "a block of the average", a);
        }
    }

    private static void swap(Block a, Block b, Block row) {
        for (int i = 0; i < a.rows(); i++) {
            row.copyRow(a, i, 0);
            a.copyRow(b, i, i);
            b.copyRow(row, 0, i);
        }
    }

    /** The average, while it is not swapped. The blocks are its own. */
    public Parameters values() {
        return values;
    }

    /** Whether the average holds the parameters, and the parameters the average. */
    public boolean isSwapped() {
        return isSwapped;
    }

    /** The number of updates. */
    public long updates() {
        return updates;
    }

    /** Continues after this many updates, once {@link #values} has the values that it had then. */
    public void resume(long updates) {
        if (updates < 0) {
            throw new IllegalArgumentException("resume: the number of updates is " + updates + ", expected at least 0");
        }
        this.updates = updates;
        isSwapped = false;
    }

    /** Bytes that it holds. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
