package dev.zstar.solvers.parameters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.training.CentralDifferences;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Weight normalisation and its gradients, against central differences. */
class WeightNormalisationTest {
    private static final int N = 9;

    @Test
    void weightNormalisation() {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Block v = Problems.random(Type.F64, 5, N, 1, 1);
                    Block g = Problems.random(Type.F64, 1, 5, 1, 2);
                    Block c = Problems.random(Type.F64, 5, N, 1, 3);
                    Block w = engine.allocate(Type.F64, 5, N);
                    Block dv = engine.allocate(Type.F64, 5, N);
                    Block dg = engine.allocate(Type.F64, 1, 5)) {
                WeightNormalisation norm = new WeightNormalisation(engine, Type.F64, 5, N);
                norm.apply(v, g, w);
                double[] lengths = new double[5];
                engine.norm(w, lengths);
                for (int i = 0; i < 5; i++) {
                    assertThat(lengths[i]).isCloseTo(Math.abs(g.get(0, i)), within(1e-14));
                }
                norm.vjp(v, g, c, dv, dg);
                CentralDifferences.check("weight normalisation", () -> {
                    norm.apply(v, g, w);
                    return CentralDifferences.inner(w, c);
                }, List.of(v, g), List.of(dv, dg), 1e-8);
                for (int j = 0; j < N; j++) {
                    v.set(2, j, 0);
                }
                assertThatThrownBy(() -> norm.apply(v, g, w)).hasMessageStartingWith("apply: row 2 of V has the length 0.0 and g = ");
            }
        }
    }
}
