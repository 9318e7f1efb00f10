package dev.zstar.benchmarks.jmh.peers;

import dev.ludovic.netlib.blas.JavaBLAS;

/**
 * netlib's BLAS in Java, which is column-major. A matrix row by row is its transpose there, and {@code z} vector by vector has the layout
 * of BLAS. Of the layouts of {@code W} and {@code z}, this one was the fastest at n = 512 for both types.
 */
final class F32Netlib implements Contender {
    private final JavaBLAS blas;

    F32Netlib(JavaBLAS blas) {
        this.blas = blas;
    }

    @Override
    public Class<?> computing() {
        return blas.getClass();
    }

    @Override
    public TimedCall product(Product data) {
        int n = data.n();
        int batch = data.batch();
        float[] w = F32Arrays.of(data.w());
        float[] z = F32Arrays.of(data.z());
        float[] out = new float[batch * n];
        if (batch == 1) {
            return TimedCall.writing(
                    () -> blas.sgemv("T", n, n, 1f, w, n, z, 1, 0f, out, 1), // twin: () -> blas.dgemv("T", n, n, 1, w, n, z, 1, 0, out, 1),
                    () -> F32Arrays.toDoubles(out));
        }
        return TimedCall.writing(
                () -> blas.sgemm("T", "N", n, batch, n, 1f, // twin: () -> blas.dgemm("T", "N", n, batch, n, 1,
                        w, n, z, n, 0f, out, n),
                () -> F32Arrays.toDoubles(out));
    }

    @Override
    public TimedCall dot(Vectors data) {
        int n = data.n();
        float[] x = F32Arrays.of(data.x());
        float[] y = F32Arrays.of(data.y());
        return TimedCall.number(() -> blas.sdot(n, x, 1, y, 1)); // twin: return TimedCall.number(() -> blas.ddot(n, x, 1, y, 1));
    }

    @Override
    public TimedCall axpy(Vectors data) {
        int n = data.n();
        float a = (float) data.a();
        float[] x = F32Arrays.of(data.x());
        float[] y = F32Arrays.of(data.y());
        return TimedCall.writing(
                () -> blas.saxpy(n, a, x, 1, y, 1), // twin: () -> blas.daxpy(n, a, x, 1, y, 1),
                () -> F32Arrays.toDoubles(y));
    }

    @Override
    public TimedCall norm(Vectors data) {
        int n = data.n();
        float[] x = F32Arrays.of(data.x());
        return TimedCall.number(() -> blas.snrm2(n, x, 1)); // twin: return TimedCall.number(() -> blas.dnrm2(n, x, 1));
    }
}
