package dev.zstar.kernels.scalar;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import java.util.Optional;

/** The provider of {@code scalar}, which is always available and always uses one thread. */
public final class ScalarProvider implements EngineProvider {
    @Override
    public String name() {
        return ScalarEngine.NAME;
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.empty();
    }

    @Override
    public String description() {
        return "plain Java loops, one thread";
    }

    @Override
    public Engine create(int threads) {
        return new ScalarEngine();
    }
}
