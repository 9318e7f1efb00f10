package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The exact residual agrees with the operator, and the transpose is the adjoint of the operator. */
class RandomSystemTest {
    @Test
    void theExactResidualIsThatOfTheOperator() {
        int n = 6;
        Random random = new Random(3);
        for (int trial = 0; trial < 200; trial++) {
            RandomSystem t = new RandomSystem(random, Type.F64, n, 1);
            double[] u = random.doubles(n, -1, 1).toArray();
            double[] v = random.doubles(n, -1, 1).toArray();
            double[] b = random.doubles(n, -1, 1).toArray();
            double[] tu = apply(t, u, false);
            double[] tv = apply(t, v, true);
            if (!EvaluationLog.isFinite(tu) || !EvaluationLog.isFinite(tv)) {
                assertThat(t.isNonfinite(0)).isTrue();
                continue;
            }
            double[] exact = t.residual(0, b, u);
            double forward = 0;
            double backward = 0;
            double size = 1 + t.size(0);
            for (int i = 0; i < n; i++) {
                assertThat(exact[i]).isCloseTo(b[i] - u[i] + tu[i], within(1e-14 * size));
                forward += v[i] * tu[i];
                backward += u[i] * tv[i];
            }
            assertThat(forward).as("⟨v, T u⟩ = ⟨Tᵀ v, u⟩").isCloseTo(backward, within(1e-14 * n * size));
        }
    }

    private static double[] apply(RandomSystem t, double[] u, boolean transposed) {
        try (Block in = Block.of(Type.F64, 1, u.length, u);
                Block out = Block.allocate(Type.F64, 1, u.length)) {
            if (transposed) {
                t.applyTransposed(in, out, new Rows(1));
            } else {
                t.apply(in, out, new Rows(1));
            }
            return out.toDoubles();
        }
    }
}
