package dev.zstar.solvers.training.optimisers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.parameters.Parameters;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent. With gradient g, rate η, momentum μ and decay λ a step is
 *
 * <pre>
 *   m ← μ m + g
 *   p ← (1 - η λ) p - η m                   or, by Nesterov's rule, p ← (1 - η λ) p - η (g + μ m)
 * </pre>
 *
 * <p>That is the momentum of Sutskever, Martens, Dahl and Hinton (2013) as {@code torch.optim.SGD} writes it, without dampening; with
 * {@code μ = 0} it is {@code p ← (1 - η λ) p - η g}. Unlike there, the decay is decoupled from the gradient ({@link Decay}).
 *
 * <p>Holds m, unless μ is 0.
 */
public final class Sgd implements Optimiser {
    private final Engine engine;
    private final Parameters like;
    private final Options options;
    private final double[] decay;
    /** m; null without momentum. */
    private final Parameters momentum;
    private final List<Parameters> kept;
    private long steps;

    /**
     * How to descend.
     *
     * @param momentum μ, at least 0 and below 1
     * @param nesterov whether to use Nesterov's rule
     * @param decay which parameters decay, and how fast
     */
    public record Options(double momentum, boolean nesterov, Decay decay) {
        /** Plain descent: no momentum, no decay. */
        public static final Options PLAIN = new Options(0, false, Decay.NONE);

        /** Checks the ranges. */
        public Options {
            if (!(momentum >= 0 && momentum < 1)) {
                throw new IllegalArgumentException("sgd: the momentum is " + momentum + ", expected at least 0 and below 1");
            }
            if (nesterov && momentum == 0) {
                throw new IllegalArgumentException("sgd: the momentum of Nesterov's rule is 0, expected above 0");
            }
            Arguments.present("sgd", "the decay", decay);
        }

        /** Descent with momentum μ, without decay. */
        public static Options momentum(double momentum) {
            return new Options(momentum, false, Decay.NONE);
        }

        /** The same with Nesterov's rule. */
        public static Options nesterov(double momentum) {
            return new Options(momentum, true, Decay.NONE);
        }

        /** These options with weight decay. */
        public Options with(Decay decay) {
            return new Options(momentum, nesterov, decay);
        }
    }

    private Sgd(Engine engine, Parameters like, Options options) {
        this.engine = Arguments.present("sgd", "the engine", engine);
        this.like = Arguments.present("sgd", "the parameters", like);
        this.options = Arguments.present("sgd", "the options", options);
        decay = options.decay().factors(like.descriptions());
        momentum = options.momentum() == 0 ? null : like.zerosLike();
        kept = momentum == null ? List.of() : List.of(momentum);
    }

    /**
     * Plans an optimiser, and allocates its state.
     *
     * @param like parameters with the descriptions of those that it will change; their values are not read
     */
    public static Sgd plan(Engine engine, Parameters like, Options options) {
        return new Sgd(engine, like, options);
    }

    @Override
    public void step(Parameters values, Parameters gradients, double rate) {
        Steps.require(like, values, gradients, rate, kept);
        for (int i = 0; i < decay.length; i++) {
            step(values.blocks().get(i), gradients.blocks().get(i), i, rate);
        }
        steps++;
    }

    private void step(Block p, Block g, int i, double rate) {
        double keep = 1 - rate * decay[i];
        if (momentum == null) {
            engine.axpby(-rate, g, keep, p);
            return;
        }
        Block m = momentum.blocks().get(i);
        double mu = options.momentum();
        engine.axpby(1, g, mu, m);
        if (options.nesterov()) {
            engine.axpby(-rate, g, keep, p);
            engine.axpy(-rate * mu, m, p);
        } else {
            engine.axpby(-rate, m, keep, p);
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

    /** {@code momentum}: m. Empty without momentum. */
    @Override
    public Map<String, Parameters> state() {
        return momentum == null ? Map.of() : Map.of("momentum", momentum);
    }

    @Override
    public long bytes() {
        return momentum == null ? 0 : momentum.bytes();
    }

    @Override
    public void close() {
        if (momentum != null) {
            momentum.close();
        }
    }
}
