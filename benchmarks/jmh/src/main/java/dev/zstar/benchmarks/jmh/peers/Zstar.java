package dev.zstar.benchmarks.jmh.peers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Weights;

/**
 * An engine of zstar. Its sums over f32 vectors are accumulated in f64, as ojAlgo's are and EJML's and netlib's are not. The engine
 * {@code openblas} calls the library for products only.
 */
final class Zstar implements Contender {
    private final Engine engine;

    Zstar(String name) {
        engine = Engines.named(name, 1);
    }

    @Override
    public Class<?> computing() {
        return engine.getClass();
    }

    @Override
    public Call product(Product data) {
        Weights weights;
        try (Block w = Block.of(data.type(), data.n(), data.n(), data.w())) {
            weights = engine.pack(w);
        }
        Block z = Block.of(data.type(), data.batch(), data.n(), data.z());
        Block out = engine.allocate(data.type(), data.batch(), data.n());
        return Call.writing(() -> engine.apply(weights, z, out, Epilogue.NONE), out::toDoubles).releasing(() -> {
            weights.close();
            z.close();
            out.close();
        });
    }

    @Override
    public Call dot(Vectors data) {
        Block x = Block.of(data.type(), 1, data.n(), data.x());
        Block y = Block.of(data.type(), 1, data.n(), data.y());
        double[] sum = new double[1];
        return Call.number(() -> {
                    engine.dot(x, y, sum);
                    return sum[0];
                })
                .releasing(() -> {
                    x.close();
                    y.close();
                });
    }

    @Override
    public Call axpy(Vectors data) {
        double a = data.a();
        Block x = Block.of(data.type(), 1, data.n(), data.x());
        Block y = Block.of(data.type(), 1, data.n(), data.y());
        return Call.writing(() -> engine.axpby(a, x, 1, y), y::toDoubles).releasing(() -> {
            x.close();
            y.close();
        });
    }

    @Override
    public Call norm(Vectors data) {
        Block x = Block.of(data.type(), 1, data.n(), data.x());
        double[] norm = new double[1];
        return Call.number(() -> {
                    engine.norm(x, norm);
                    return norm[0];
                })
                .releasing(x::close);
    }
}
