/** Engines that call native libraries through {@code java.lang.foreign}. They are found as services of {@code dev.zstar.kernels}. */
module dev.zstar.bridge {
    requires dev.zstar.kernels;

    provides dev.zstar.kernels.EngineProvider with
            dev.zstar.bridge.openblas.OpenBlasProvider;
}
