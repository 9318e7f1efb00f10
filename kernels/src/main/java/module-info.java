/** Blocks of memory, packed weights, and the engines that compute on them: {@code scalar} and {@code simd}. */
module dev.zstar.kernels {
    requires jdk.incubator.vector;
    requires static org.joml;
    // To ask the virtual machine for its options.
    requires static jdk.management;

    exports dev.zstar.kernels;
    exports dev.zstar.kernels.joml;
    exports dev.zstar.kernels.spi;
    // For the study and the command line only: the search for settings, the settings, and loops that measure what the machine can do.
    exports dev.zstar.kernels.simd.tuning to
            dev.zstar.benchmarks;
    exports dev.zstar.kernels.tuning to
            dev.zstar.benchmarks,
            dev.zstar.reports;

    uses dev.zstar.kernels.EngineProvider;

    provides dev.zstar.kernels.EngineProvider with
            dev.zstar.kernels.scalar.ScalarProvider,
            dev.zstar.kernels.simd.SimdProvider;
}
