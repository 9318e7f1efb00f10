package dev.zstar.benchmarks.jmh.peers;

import org.ejml.concurrency.EjmlConcurrency;

/**
 * EJML (Apache 2.0) with row-major matrices and without concurrency.
 *
 * <p>It computes {@code Z Wᵀ} from a stored {@code Wᵀ}. At n = 512 this was 2.5 times as fast as {@code multTransB} and as the product with
 * a column, which both sum along rows. Block matrices were no faster. The norm is the fast one without a guard against overflow, as in the
 * other libraries.
 */
// Its classes have qualified names: an import cannot have a twin, since the formatter drops the comment.
final class F32Ejml implements Contender {
    F32Ejml() {
        EjmlConcurrency.setMaxThreads(1);
    }

    @Override
    public Class<?> computing() {
        return org.ejml.dense.row.CommonOps_FDRM.class; // twin: return org.ejml.dense.row.CommonOps_DDRM.class;
    }

    @Override
    public TimedCall product(Product data) {
        var transposed = matrix(data.n(), data.n(), data.transposed());
        var z = matrix(data.batch(), data.n(), data.z());
        var out = matrix(data.batch(), data.n(), new double[data.batch() * data.n()]);
        return TimedCall.writing(
                () -> org.ejml.dense.row.CommonOps_FDRM // twin: () -> org.ejml.dense.row.CommonOps_DDRM
                        .mult(z, transposed, out),
                () -> F32Arrays.toDoubles(out.data));
    }

    @Override
    public TimedCall dot(Vectors data) {
        var x = matrix(data.n(), 1, data.x());
        var y = matrix(data.n(), 1, data.y());
        return TimedCall.number(
                () -> org.ejml.dense.row.mult.VectorVectorMult_FDRM // twin: () -> org.ejml.dense.row.mult.VectorVectorMult_DDRM
                        .innerProd(x, y));
    }

    @Override
    public TimedCall axpy(Vectors data) {
        float a = (float) data.a();
        var x = matrix(data.n(), 1, data.x());
        var y = matrix(data.n(), 1, data.y());
        return TimedCall.writing(
                () -> org.ejml.dense.row.CommonOps_FDRM // twin: () -> org.ejml.dense.row.CommonOps_DDRM
                        .addEquals(y, a, x),
                () -> F32Arrays.toDoubles(y.data));
    }

    @Override
    public TimedCall norm(Vectors data) {
        var x = matrix(data.n(), 1, data.x());
        return TimedCall.number(
                () -> org.ejml.dense.row.NormOps_FDRM // twin: () -> org.ejml.dense.row.NormOps_DDRM
                        .fastNormF(x));
    }

    private static org.ejml.data.FMatrixRMaj // twin: private static org.ejml.data.DMatrixRMaj
            matrix(int rows, int cols, double[] values) {
        return org.ejml.data.FMatrixRMaj // twin: return org.ejml.data.DMatrixRMaj
                .wrap(rows, cols, F32Arrays.of(values));
    }
}
