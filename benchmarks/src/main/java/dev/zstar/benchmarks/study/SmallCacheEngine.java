package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.Weights;
import dev.zstar.kernels.spi.HostedEngine;

/** An engine with another size of its cache, which decides how many rows a group has. */
record SmallCacheEngine(Engine host, long cachePerThread) implements HostedEngine {
    @Override
    public String name() {
        return host.name();
    }

    @Override
    public int threads() {
        return host.threads();
    }

    @Override
    public boolean reproducible() {
        return host.reproducible();
    }

    @Override
    public void parallel(int pieces, Team.Loop loop) {
        host.parallel(pieces, loop);
    }

    @Override
    public Weights pack(Block w, Format format) {
        return host.pack(w, format);
    }

    @Override
    public void apply(Weights w, Block z, Block out, Epilogue epilogue) {
        host.apply(w, z, out, epilogue);
    }

    @Override
    public void applyTransposed(Weights w, Block u, Block out) {
        host.applyTransposed(w, u, out);
    }

    @Override
    public void gemm(double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        host.gemm(alpha, a, transposeA, b, transposeB, beta, c);
    }
}
