package dev.zstar.kernels.small;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Failures;
import dev.zstar.kernels.Reference;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Type;
import java.util.stream.IntStream;

/** Operands and results of all operations on one batch. Some systems are singular, or not positive definite. */
final class SmallBatch implements AutoCloseable {
    final int m;
    final int n;
    final Block a;
    final Block b;
    final Block product;
    final Block one;
    final Block moved;
    final Block small;
    final Block smallRhs;
    final Block smallX;
    final Block l;
    final Block x;
    final Block qr;
    final Block tau;
    final Block rhs;
    final Block least;
    final Failures singular;
    final Failures indefinite;
    final Failures deficient;

    SmallBatch(Type type, int m, int n, int d, int k, int count) {
        this.m = m;
        this.n = n;
        a = Reference.random(type, d * d, count, 1);
        b = Reference.random(type, d * d, count, 2);
        product = Reference.padded(type, d * d, count);
        one = Reference.random(type, d * d, 1, 3);
        moved = Reference.padded(type, d * k, count);
        small = Reference.random(type, d * d, count, 4);
        smallRhs = Reference.random(type, d * k, count, 5);
        smallX = Reference.padded(type, d * k, count);
        l = definite(type, n, count);
        x = Reference.random(type, n * k, count, 7);
        qr = Reference.random(type, m * n, count, 8);
        tau = Reference.padded(type, n, count);
        rhs = Reference.random(type, m * k, count, 9);
        least = Reference.padded(type, n * k, count);
        singular = new Failures(count);
        indefinite = new Failures(count);
        deficient = new Failures(count);
        for (int s = 3; s < count; s += 7) {
            for (int c = 0; c < d; c++) {
                small.set(c, s, small.get((d - 1) * d + c, s));
                small.set((d - 1) * d + c, s, s % 2 == 0 ? 0 : small.get(c, s));
            }
            l.set(n * n - 1, s, -1);
            for (int i = 0; i < m; i++) {
                qr.set(i * n, s, 0);
            }
        }
    }

    /** {@code B Bᵀ + I / 2} with a random B, the upper triangle NaN. */
    private static Block definite(Type type, int n, int count) {
        Block l = Reference.padded(type, n * n, count);
        try (Block b = Reference.random(type, n * n, count, 6)) {
            for (int s = 0; s < count; s++) {
                for (int i = 0; i < n; i++) {
                    for (int j = 0; j <= i; j++) {
                        double sum = i == j ? 0.5 : 0;
                        for (int c = 0; c < n; c++) {
                            sum += b.get(i * n + c, s) * b.get(j * n + c, s);
                        }
                        l.set(i * n + j, s, sum);
                    }
                }
            }
        }
        return l;
    }

    void run(SmallMatrices engine) {
        engine.multiply(a, b, product);
        engine.transform(one, smallRhs, moved);
        engine.solve(small, smallRhs, smallX, singular);
        engine.cholesky(l, indefinite);
        engine.solveCholesky(l, x);
        engine.qr(qr, tau);
        engine.solveQr(qr, tau, rhs, least, deficient);
    }

    Block[] blocks() {
        return new Block[] {a, b, product, one, moved, small, smallRhs, smallX, l, x, qr, tau, rhs, least};
    }

    @Override
    public void close() {
        for (Block block : blocks()) {
            block.close();
        }
    }

    /** The elements of one system. */
    static double[] system(Block block, int s) {
        return IntStream.range(0, block.rows()).mapToDouble(i -> block.get(i, s)).toArray();
    }
}
