package dev.zstar.benchmarks.jmh;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Failures;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.joml.F32Joml;
import java.util.Random;
import org.joml.Matrix4f;
import org.joml.Vector4f;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Batches of 4×4 matrices, and a loop over JOML's objects, which lie in memory in the order of use, the best case of a heap. From about 10⁵
 * systems on, both wait for memory. The benchmark says nothing about batches that must be copied from objects for every call.
 */
public class SmallMatrixBenchmark extends Timed {
    @Param({"1000", "100000", "1000000"})
    int count;

    @Param({"1"})
    int threads;

    private Engine engine;
    private Block a;
    private Block b;
    private Block product;
    private Block one;
    private Block v;
    private Block out;
    private Failures singular;

    private Matrix4f[] as;
    private Matrix4f[] bs;
    private Matrix4f[] products;
    private Vector4f[] vs;
    private Vector4f[] outs;
    private final Matrix4f inverse = new Matrix4f();

    @Setup
    public void setUp() {
        engine = Engines.named("simd", threads);
        Random random = new Random(1);
        as = matrices(random);
        bs = matrices(random);
        products = matrices(random);
        vs = vectors(random);
        outs = vectors(random);
        a = Block.allocate(Type.F32, 16, count);
        b = Block.allocate(Type.F32, 16, count);
        product = Block.allocate(Type.F32, 16, count);
        one = Block.allocate(Type.F32, 16, 1);
        v = Block.allocate(Type.F32, 4, count);
        out = Block.allocate(Type.F32, 4, count);
        singular = new Failures(count);
        F32Joml.put(as, a, 0);
        F32Joml.put(bs, b, 0);
        F32Joml.put(as[0], one, 0);
        F32Joml.put(vs, v, 0);
        check();
    }

    /** Diagonally dominant matrices, so that every inverse is accurate and {@link #check} can be strict. */
    private Matrix4f[] matrices(Random random) {
        Matrix4f[] matrices = new Matrix4f[count];
        float[] values = new float[16];
        for (int s = 0; s < count; s++) {
            for (int i = 0; i < 16; i++) {
                values[i] = random.nextFloat() - 0.5f + (i % 5 == 0 ? 3 : 0);
            }
            matrices[s] = new Matrix4f().set(values);
        }
        return matrices;
    }

    private Vector4f[] vectors(Random random) {
        Vector4f[] vectors = new Vector4f[count];
        for (int s = 0; s < count; s++) {
            vectors[s] = new Vector4f(random.nextFloat(), random.nextFloat(), random.nextFloat(), random.nextFloat());
        }
        return vectors;
    }

    /** Checks that both sides agree within 1e-4 for entries of at most 20. */
    private void check() {
        transform();
        jomlTransform();
        compareVectors();
        transformByOne();
        jomlTransformByOne();
        compareVectors();
        solve();
        jomlInvertAndTransform();
        compareVectors();
        if (singular.count() != 0) {
            throw new IllegalStateException(singular.count() + " systems are singular; expected none");
        }
        multiply();
        jomlMul();
        for (int s = 0; s < count; s++) {
            if (!F32Joml.get(product, s, new Matrix4f()).equals(products[s], 1e-4f)) {
                throw new IllegalStateException("products differ in system " + s + "; expected those of JOML");
            }
        }
    }

    private void compareVectors() {
        for (int s = 0; s < count; s++) {
            if (!F32Joml.get(out, s, new Vector4f()).equals(outs[s], 1e-4f)) {
                throw new IllegalStateException("vectors differ in system " + s + "; expected those of JOML");
            }
        }
    }

    @Benchmark
    public Block transform() {
        engine.small().transform(a, v, out);
        return out;
    }

    @Benchmark
    public Vector4f[] jomlTransform() {
        for (int s = 0; s < count; s++) {
            as[s].transform(vs[s], outs[s]);
        }
        return outs;
    }

    @Benchmark
    public Block transformByOne() {
        engine.small().transform(one, v, out);
        return out;
    }

    @Benchmark
    public Vector4f[] jomlTransformByOne() {
        Matrix4f m = as[0];
        for (int s = 0; s < count; s++) {
            m.transform(vs[s], outs[s]);
        }
        return outs;
    }

    @Benchmark
    public Block multiply() {
        engine.small().multiply(a, b, product);
        return product;
    }

    @Benchmark
    public Matrix4f[] jomlMul() {
        for (int s = 0; s < count; s++) {
            as[s].mul(bs[s], products[s]);
        }
        return products;
    }

    @Benchmark
    public Block solve() {
        engine.small().solve(a, v, out, singular);
        return out;
    }

    @Benchmark
    public Vector4f[] jomlInvertAndTransform() {
        for (int s = 0; s < count; s++) {
            as[s].invert(inverse).transform(vs[s], outs[s]);
        }
        return outs;
    }

    @TearDown
    public void tearDown() {
        a.close();
        b.close();
        product.close();
        one.close();
        v.close();
        out.close();
        engine.close();
    }
}
