package dev.zstar.solvers.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import org.junit.jupiter.api.Test;

/** The resolvent, against the system that it solves. */
class PeacemanRachfordTest {
    /** {@code I + α (I - W)} of several sizes: the resolvent solves it. */
    @Test
    void theResolventIsAnInverse() {
        for (int n : new int[] {1, 2, 31, 32, 33, 70, 300}) {
            try (Engine engine = Engines.best(1);
                    Block w = Problems.random(Type.F64, n, n, 1 / Math.sqrt(n), 1);
                    Block none = Block.allocate(Type.F64, n, 1);
                    Block bias = Block.allocate(Type.F64, 1, n);
                    Block x = Block.allocate(Type.F64, 1, 1);
                    Block r = Problems.random(Type.F64, 1, n, 1, 2);
                    Block u = engine.allocate(Type.F64, 1, n);
                    Block back = engine.allocate(Type.F64, 1, n);
                    PeacemanRachford map = new PeacemanRachford(engine, Activation.IDENTITY, w, none, bias, 0.7, 1)) {
                map.inject(x);
                // φ is the identity and c zero: out = (2 V - I) r, so (I + α (I - W)) (out + r) / 2 = r.
                map.apply(r, u, new Rows(1));
                engine.axpby(0.5, r, 0.5, u);
                engine.gemm(1, u, false, w, true, 0, back);
                for (int i = 0; i < n; i++) {
                    assertThat(1.7 * u.get(0, i) - 0.7 * back.get(0, i)).as("n = %d", n).isCloseTo(r.get(0, i), within(1e-10));
                }
            }
        }
    }
}
