package dev.zstar.benchmarks.jmh.peers;

import dev.zstar.kernels.Type;
import org.ojalgo.concurrent.Parallelism;
import org.ojalgo.function.aggregator.Aggregator;
import org.ojalgo.matrix.operation.MultiplyNeither;
import org.ojalgo.matrix.store.PhysicalStore;
import org.ojalgo.matrix.store.R032Store;
import org.ojalgo.matrix.store.R064Store;

/**
 * ojAlgo (MIT) with column-major stores. Products of more than 32 rows and columns would use all processors;
 * {@link MultiplyNeither#PARALLELISM}, which they read in every call, limits them to one. The dot product and the norm add in f64 for both
 * types.
 */
final class OjAlgo implements Contender {
    static {
        MultiplyNeither.PARALLELISM = Parallelism.ONE;
    }

    @Override
    public Class<?> computing() {
        return MultiplyNeither.class;
    }

    @Override
    public TimedCall product(Product data) {
        PhysicalStore<Double> w = store(data.type(), data.n(), data.transposed());
        PhysicalStore<Double> z = store(data.type(), data.n(), data.z());
        PhysicalStore<Double> out = store(data.type(), data.n(), new double[data.n() * data.batch()]);
        return TimedCall.writing(() -> out.fillByMultiplying(w, z), out::toRawCopy1D);
    }

    @Override
    public TimedCall dot(Vectors data) {
        PhysicalStore<Double> x = store(data.type(), data.n(), data.x());
        PhysicalStore<Double> y = store(data.type(), data.n(), data.y());
        return TimedCall.number(() -> x.dot(y));
    }

    @Override
    public TimedCall axpy(Vectors data) {
        double a = data.a();
        PhysicalStore<Double> x = store(data.type(), data.n(), data.x());
        PhysicalStore<Double> y = store(data.type(), data.n(), data.y());
        return TimedCall.writing(() -> x.axpy(a, y), y::toRawCopy1D);
    }

    @Override
    public TimedCall norm(Vectors data) {
        PhysicalStore<Double> x = store(data.type(), data.n(), data.x());
        return TimedCall.number(() -> x.aggregateAll(Aggregator.NORM2));
    }

    private static PhysicalStore<Double> store(Type type, int rows, double[] columns) {
        return type == Type.F32 ? R032Store.wrap(F32Arrays.of(columns), rows) : R064Store.wrap(columns.clone(), rows);
    }
}
