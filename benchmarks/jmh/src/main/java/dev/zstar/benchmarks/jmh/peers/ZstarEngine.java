package dev.zstar.benchmarks.jmh.peers;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Weights;

/**
 * An engine of zstar. It accumulates sums over f32 vectors in f64, as ojAlgo does; EJML and netlib accumulate in f32. The engine
 * {@code openblas} calls the library for products only.
 */
final class ZstarEngine implements Contender {
    private final Engine engine;

    ZstarEngine(String name) {
        engine = Engines.named(name, 1);
    }

    @Override
    public Class<?> computing() {
        return engine.getClass();
    }

    @Override
    public TimedCall product(Product data) {
        Weights weights;
        try (Block w = Block.of(data.type(), data.n(), data.n(), data.w())) {
            weights = engine.pack(w);
        }
        Block z = Block.of(data.type(), data.batch(), data.n(), data.z());
        Block out = engine.allocate(data.type(), data.batch(), data.n());
        return TimedCall.writing(() -> engine.apply(weights, z, out, Epilogue.NONE), out::toDoubles).releasing(() -> {
            weights.close();
            z.close();
            out.close();
        });
    }

    @Override
    public TimedCall dot(Vectors data) {
        Block x = Block.of(data.type(), 1, data.n(), data.x());
        Block y = Block.of(data.type(), 1, data.n(), data.y());
        double[] sum = new double[1];
        return TimedCall.number(() -> {
                    engine.dot(x, y, sum);
                    return sum[0];
                })
                .releasing(() -> {
                    x.close();
                    y.close();
                });
    }

    @Override
    public TimedCall axpy(Vectors data) {
        double a = data.a();
        Block x = Block.of(data.type(), 1, data.n(), data.x());
        Block y = Block.of(data.type(), 1, data.n(), data.y());
        return TimedCall.writing(() -> engine.axpby(a, x, 1, y), y::toDoubles).releasing(() -> {
            x.close();
            y.close();
        });
    }

    @Override
    public TimedCall norm(Vectors data) {
        Block x = Block.of(data.type(), 1, data.n(), data.x());
        double[] norm = new double[1];
        return TimedCall.number(() -> {
                    engine.norm(x, norm);
                    return norm[0];
                })
                .releasing(x::close);
    }
}
