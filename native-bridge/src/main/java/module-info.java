/** Engines that call native libraries through {@code java.lang.foreign}. They are found as services of {@code dev.zstar.kernels}. */
// The modules that it is exported to are compiled later.
@SuppressWarnings("module")
module dev.zstar.bridge {
    requires dev.zstar.kernels;

    exports dev.zstar.bridge.linux to
            dev.zstar.benchmarks,
            dev.zstar.reports;

    provides dev.zstar.kernels.EngineProvider with
            dev.zstar.bridge.openblas.OpenBlasProvider;
}
