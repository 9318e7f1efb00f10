package dev.zstar.benchmarks.jmh;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** One product of packed weights with a batch. It says nothing about weights that are packed again for every call. */
public class ProductBenchmark extends Timed {
    @Param({"simd", "openblas"})
    String engine;

    @Param({"256", "1024"})
    int n;

    @Param({"1", "32"})
    int batch;

    private Engine instance;
    private Weights weights;
    private Block z;
    private Block out;

    @Setup
    public void setUp() {
        instance = Engines.named(engine, 1);
        try (Block w = gaussian(n, n, 1)) {
            weights = instance.pack(w);
        }
        z = gaussian(batch, n, 2);
        out = instance.allocate(Type.F32, batch, n);
    }

    static Block gaussian(int rows, int cols, long seed) {
        Random random = new Random(seed);
        Block block = Block.allocate(Type.F32, rows, cols);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                block.set(i, j, random.nextGaussian() / Math.sqrt(cols));
            }
        }
        return block;
    }

    @Benchmark
    public Block apply() {
        instance.apply(weights, z, out, Epilogue.NONE);
        return out;
    }

    @TearDown
    public void tearDown() {
        weights.close();
        z.close();
        out.close();
        instance.close();
    }
}
