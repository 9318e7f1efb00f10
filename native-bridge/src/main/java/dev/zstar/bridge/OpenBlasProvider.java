package dev.zstar.bridge;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Type;
import java.util.Optional;

/** OpenBLAS as an engine. Below {@code simd}, which is as fast and needs nothing. */
public final class OpenBlasProvider implements EngineProvider {
    @Override
    public String name() {
        return "openblas";
    }

    @Override
    public int priority() {
        return 50;
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.ofNullable(OpenBlas.REASON != null ? OpenBlas.REASON : Check.REASON);
    }

    @Override
    public String description() {
        return OpenBlas.DESCRIPTION;
    }

    @Override
    public Engine create(int threads) {
        unavailable().ifPresent(reason -> {
            throw new UnsupportedOperationException(reason);
        });
        return new OpenBlasEngine(threads);
    }

    /** A library is believed after it has multiplied two small matrices: one built for 64-bit integers reads other arguments. */
    private static final class Check {
        static final String REASON = run();

        private static String run() {
            OpenBlas.threads(1);
            for (Type type : Type.values()) {
                try (Block a = Block.of(type, 2, 3, 1, 2, 3, 4, 5, 6);
                        Block b = Block.of(type, 2, 3, 1, 0, 2, 0, 1, 1);
                        Block c = Block.of(type, 2, 2, Double.NaN, Double.NaN, Double.NaN, Double.NaN)) {
                    OpenBlas.gemm(false, a, true, b, 3, 0, c);
                    if (c.get(0, 0) != 7 || c.get(0, 1) != 5 || c.get(1, 0) != 16 || c.get(1, 1) != 11) {
                        return "the OpenBLAS that was found multiplies wrongly; another build, with 32-bit integers, is needed";
                    }
                }
            }
            return null;
        }
    }
}
