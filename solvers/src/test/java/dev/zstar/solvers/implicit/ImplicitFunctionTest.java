package dev.zstar.solvers.implicit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import org.junit.jupiter.api.Test;

/** Derivatives of roots that are known in closed form. */
class ImplicitFunctionTest {
    /** {@code F = z² - θ}: z = √θ, dz/dθ = 1 / (2√θ). */
    private record Squares(Block z) implements RootEquation<Block> {
        @Override
        public void vjp(Block u, Block out, Rows rows) {
            for (int p = 0; p < rows.count(); p++) {
                for (int i = 0; i < u.cols(); i++) {
                    out.set(p, i, 2 * z.get(rows.index(p), i) * u.get(p, i));
                }
            }
        }

        @Override
        public void gradients(Block u, Block sum) {
            for (int b = 0; b < u.rows(); b++) {
                for (int i = 0; i < u.cols(); i++) {
                    sum.set(b, i, sum.get(b, i) - u.get(b, i));
                }
            }
        }
    }

    @Test
    void squareRoots() {
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    ImplicitFunction function = ImplicitFunction.plan(engine, Type.F64, 2, 4, 4, Stopping.relative(1e-12));
                    Block z = Block.of(Type.F64, 2, 4, 1, 2, 3, 4, 0.5, 0.25, 5, 7);
                    Block g = Block.of(Type.F64, 2, 4, 1, 1, 1, 1, 2, 2, 2, 2);
                    Block sum = Block.allocate(Type.F64, 2, 4)) {
                assertThat(function.backward(new Squares(z), g, sum).succeeded()).isTrue();
                for (int b = 0; b < 2; b++) {
                    for (int i = 0; i < 4; i++) {
                        double expected = g.get(b, i) / (2 * z.get(b, i));
                        assertThat(sum.get(b, i)).isCloseTo(expected, within(1e-9 * expected));
                    }
                }
                z.set(1, 2, 0);
                sum.fill(0);
                assertThat(function.backward(new Squares(z), g, sum).succeeded()).as("∂F/∂z is singular").isFalse();
                assertThat(sum.toDoubles()).as("nothing is added").containsOnly(0);
                assertThat(function.bytes()).isEqualTo(Block.bytes(Type.F64, 2, 4) * 10);
            }
        }
    }
}
