package dev.zstar.solvers.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Monotone weights and their gradients, against central differences and adjoint identities. */
class MonotoneWeightsTest {
    private static final int N = 9;

    @Test
    void monotoneWeights() {
        try (Engine engine = Engines.best(1);
                Block a = Problems.random(Type.F64, 4, N, 0.5, 1);
                Block b = Problems.random(Type.F64, N, N, 2, 2);
                Block c = Problems.random(Type.F64, N, N, 1, 3);
                Block w = engine.allocate(Type.F64, N, N);
                Block da = engine.allocate(Type.F64, 4, N);
                Block db = engine.allocate(Type.F64, N, N)) {
            MonotoneWeights weights = new MonotoneWeights(engine, 0.3);
            weights.apply(a, b, w);
            for (long seed = 4; seed < 24; seed++) {
                try (Block z = Problems.random(Type.F64, 1, N, 1, seed);
                        Block wz = engine.allocate(Type.F64, 1, N)) {
                    engine.gemm(1, z, false, w, true, 0, wz);
                    double square = CentralDifferences.inner(z, z);
                    assertThat(square - CentralDifferences.inner(z, wz)).as("⟨z, (I - W) z⟩").isGreaterThanOrEqualTo(0.3 * square - 1e-12);
                }
            }
            weights.vjp(a, c, da, db);
            CentralDifferences.check("monotone weights", () -> {
                weights.apply(a, b, w);
                return CentralDifferences.inner(w, c);
            }, List.of(a, b), List.of(da, db), 1e-7);
            assertThatThrownBy(() -> new MonotoneWeights(engine, 0))
                    .hasMessage("monotone weights: m is 0.0, expected a finite number above 0");
            assertThatThrownBy(() -> weights.lipschitz(w, 0))
                    .hasMessage("lipschitz: the number of iterations is 0, expected at least 1");
            w.set(2, 1, Double.NaN);
            assertThatThrownBy(() -> weights.lipschitz(w, 9))
                    .hasMessage("lipschitz: W holds NaN in row 2, column 1, expected a finite number in every element");
        }
    }
}
