package dev.zstar.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;

/** A product whose coefficient is 0, or that sums over nothing, is not formed: NaN in its operands does not reach the result. */
public final class ZeroProducts {
    private ZeroProducts() {}

    /** Checks the products of an engine in {@code c}, which is {@code 6 × 35}. */
    public static void check(Engine engine, Block c) {
        Type type = c.type();
        try (Block a = Block.allocate(type, 6, 4);
                Block b = Block.allocate(type, 4, 35);
                Block batched = Block.allocate(type, 8, 35);
                Block empty = Block.allocate(type, 6, 0);
                Block nothing = Block.allocate(type, 0, 35)) {
            a.fill(Double.NaN);
            b.fill(Double.POSITIVE_INFINITY);
            batched.fill(Double.NaN);
            for (double beta : new double[] {0, 1, 2, -0.5}) {
                check(engine, beta, c, () -> engine.gemm(0, a, false, b, false, beta, c));
                check(engine, beta, c, () -> engine.gemm(-0.0, a, false, b, false, beta, c));
                check(engine, beta, c, () -> engine.gemm(2, 0, a, false, batched, false, beta, c));
                check(engine, beta, c, () -> engine.gemm(Double.NaN, empty, false, nothing, false, beta, c));
            }
        }
    }

    /** The product leaves β times what was there, and 0 for β = 0 even of NaN. */
    private static void check(Engine engine, double beta, Block c, Runnable product) {
        c.fill(beta == 0 ? Double.NaN : 3);
        product.run();
        assertThat(c.toDoubles()).as("%s, β = %s", engine.name(), beta).containsOnly(beta == 0 ? 0 : beta * 3);
    }
}
