package dev.zstar.solvers.training.optimisers;

import dev.zstar.kernels.AdamStep;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.parameters.Parameters;
import java.util.List;
import java.util.Map;

/**
 * Adam (Kingma, Ba 2015), and with weight decay AdamW (Loshchilov, Hutter 2019). With gradient g, rate η and decay λ, step t = 1, 2, … is
 *
 * <pre>
 *   m ← β₁ m + (1 - β₁) g
 *   v ← β₂ v + (1 - β₂) g²
 *   p ← (1 - η λ) p - η m̂ / (√v̂ + ε)        m̂ = m / (1 - β₁ᵗ),  v̂ = v / (1 - β₂ᵗ)
 * </pre>
 *
 * <p>This is the step of {@code torch.optim.AdamW}. The range of g is that of {@link dev.zstar.kernels.Updates#adam}. Holds m and v.
 */
public final class Adam implements Optimiser {
    private final Engine engine;
    private final Parameters like;
    private final double[] decay;
    private final AdamStep numbers;
    private final OwnedMemory memory;
    private final Parameters mean;
    private final Parameters square;
    private final List<Parameters> kept;
    private long steps;

    /**
     * The constants of Adam.
     *
     * @param beta1 β₁, at least 0 and below 1
     * @param beta2 β₂, at least 0 and below 1
     * @param epsilon ε, above 0
     * @param decay which parameters decay, and how fast
     */
    public record Options(double beta1, double beta2, double epsilon, Decay decay) {
        /** Adam without decay: β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸. */
        public static final Options DEFAULT = new Options(0.9, 0.999, 1e-8, Decay.NONE);

        /** Checks the ranges. */
        public Options {
            require("β₁", beta1);
            require("β₂", beta2);
            Arguments.positive("adam", "ε", epsilon);
            Arguments.present("adam", "the decay", decay);
        }

        private static void require(String name, double beta) {
            if (!(beta >= 0 && beta < 1)) {
                throw new IllegalArgumentException("adam: " + name + " is " + beta + ", expected at least 0 and below 1");
            }
        }

        /** The default with weight decay: AdamW. */
        public static Options decaying(double factor) {
            return DEFAULT.with(Decay.of(factor));
        }

        /** These options with other decay rates of m and v. */
        public Options withBetas(double beta1, double beta2) {
            return new Options(beta1, beta2, epsilon, decay);
        }

        /** These options with another ε. */
        public Options withEpsilon(double epsilon) {
            return new Options(beta1, beta2, epsilon, decay);
        }

        /** These options with weight decay. */
        public Options with(Decay decay) {
            return new Options(beta1, beta2, epsilon, decay);
        }
    }

    private Adam(Engine engine, Parameters like, Options options) {
        this.engine = Arguments.present("adam", "the engine", engine);
        this.like = Arguments.present("adam", "the parameters", like);
        Arguments.present("adam", "the options", options);
        numbers = new AdamStep(0, options.beta1(), options.beta2(), options.epsilon(), 0, 1, 1);
        decay = options.decay().factors(like.descriptions());
        memory = new OwnedMemory(engine);
        try {
            mean = memory.add(like.zerosLike(), Parameters::close, Parameters::bytes);
            square = memory.add(like.zerosLike(), Parameters::close, Parameters::bytes);
            kept = List.of(mean, square);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
    }

    /**
     * Plans an optimiser, and allocates its state.
     *
     * @param like parameters with the descriptions of those that it will change; their values are not read
     */
    public static Adam plan(Engine engine, Parameters like, Options options) {
        return new Adam(engine, like, options);
    }

    /** Plans Adam with {@link Options#DEFAULT}. */
    public static Adam plan(Engine engine, Parameters like) {
        return plan(engine, like, Options.DEFAULT);
    }

    @Override
    public void step(Parameters values, Parameters gradients, double rate) {
        Steps.require(like, values, gradients, rate, kept);
        steps++;
        // Beyond that many steps both corrections are 1.
        int t = (int) Math.min(steps, Integer.MAX_VALUE);
        for (int i = 0; i < decay.length; i++) {
            numbers.set(rate, decay[i], t, 1);
            engine.adam(values.blocks().get(i), gradients.blocks().get(i), mean.blocks().get(i), square.blocks().get(i), numbers);
        }
    }

    @Override
    public long steps() {
        return steps;
    }

    @Override
    public void resume(long steps) {
        this.steps = Steps.requireCount("resume", steps);
    }

    /** {@code mean}: m, and {@code square}: v. */
    @Override
    public Map<String, Parameters> state() {
        return Map.of("mean", mean, "square", square);
    }

    @Override
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
