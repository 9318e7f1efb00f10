package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.kernels.joml.F32Joml;
import java.io.Serializable;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.joml.Matrix4f;
import org.joml.Vector4f;

/** A case to time: contenders on the same data, and the ceiling that applies to them. */
record KernelCase(Comparison comparison, Type type, int n, int batch, int threads) implements Serializable {
    /** What is timed, and the names of the two contenders. */
    enum Comparison {
        /** Packed weights times a batch. */
        GEMM("simd", "openblas"),
        /** Packed weights times one row. */
        GEMV("simd", "openblas"),
        /** The transpose of packed weights times one row. */
        GEMV_TRANSPOSED("simd", "openblas"),
        /** A product of blocks, with nothing packed in advance. */
        PLAIN("simd", "openblas"),
        /** Weights in bf16 and in f32 times one row. */
        BF16("bf16", "f32"),
        /** Weights in 8-bit integers and in f32 times one row. */
        INT8("int8", "f32"),
        /** {@code tanh(Wz + Ux + b)} with the norm of the residual, in one call, and the bare product. */
        FUSED("fused", "product"),
        /** The same cell as a product and separate passes, and the bare product. */
        UNFUSED("unfused", "product"),
        /** A team of threads and one thread. */
        TEAM("team", "alone"),
        /** A batch of 4×4 matrices times vectors, and a loop over JOML's objects. */
        TRANSFORM("simd", "joml");

        final String first;
        final String second;

        Comparison(String first, String second) {
            this.first = first;
            this.second = second;
        }
    }

    /** The most floating-point operations in a call of plain loops, which take some tenths of a second for them. */
    private static final double SLOW_WORK = 3e8;

    /** The cases that the engine here can run in reasonable time. */
    static List<KernelCase> all(boolean quick) {
        List<KernelCase> cases = listed(quick);
        if (!Contenders.fast()) {
            cases.removeIf(shape -> shape.comparison() == Comparison.TEAM || shape.work() > SLOW_WORK);
        }
        return cases;
    }

    private static List<KernelCase> listed(boolean quick) {
        List<KernelCase> cases = new ArrayList<>();
        for (int n : quick ? new int[] {16, 256, 1024} : new int[] {16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192}) {
            cases.add(new KernelCase(Comparison.GEMV, Type.F32, n, 1, 1));
        }
        for (int n : quick ? new int[] {512, 1024} : new int[] {64, 128, 256, 512, 1024, 2048}) {
            cases.add(new KernelCase(Comparison.GEMM, Type.F32, n, n, 1));
        }
        for (int batch : quick ? new int[] {32} : new int[] {2, 4, 8, 16, 32, 64}) {
            cases.add(new KernelCase(Comparison.GEMM, Type.F32, 1024, batch, 1));
        }
        cases.add(new KernelCase(Comparison.FUSED, Type.F32, 512, 32, 1));
        cases.add(new KernelCase(Comparison.INT8, Type.F32, quick ? 2048 : 4096, 1, 1));
        cases.add(new KernelCase(Comparison.TRANSFORM, Type.F32, 1000, 1, 1));
        cases.add(new KernelCase(Comparison.TEAM, Type.F32, 1024, quick ? 128 : 1024, Math.min(2, Pinning.processors())));
        if (quick) {
            return cases;
        }
        for (int n : new int[] {16, 64, 256, 512, 1024, 4096}) {
            cases.add(new KernelCase(Comparison.GEMV_TRANSPOSED, Type.F32, n, 1, 1));
        }
        for (int n : new int[] {256, 512, 1024}) {
            cases.add(new KernelCase(Comparison.GEMV, Type.F64, n, 1, 1));
            cases.add(new KernelCase(Comparison.GEMM, Type.F64, n, n, 1));
            cases.add(new KernelCase(Comparison.PLAIN, Type.F32, n, n, 1));
        }
        for (int n : new int[] {128, 256, 512, 1024, 4096}) {
            cases.add(new KernelCase(Comparison.BF16, Type.F32, n, 1, 1));
            if (n < 4096) {
                cases.add(new KernelCase(Comparison.INT8, Type.F32, n, 1, 1));
            }
        }
        cases.add(new KernelCase(Comparison.UNFUSED, Type.F32, 512, 32, 1));
        for (int count : new int[] {100_000, 1_000_000}) {
            cases.add(new KernelCase(Comparison.TRANSFORM, Type.F32, count, 1, 1));
        }
        int threads = Math.min(2, Pinning.processors());
        for (int n : new int[] {16, 64, 256, 512}) {
            cases.add(new KernelCase(Comparison.TEAM, Type.F32, n, n, threads));
        }
        for (int n : new int[] {64, 512, 1024, 2048}) {
            cases.add(new KernelCase(Comparison.TEAM, Type.F32, n, 1, threads));
        }
        return cases;
    }

    /** The name of the first contender, which is judged. */
    String first() {
        return named(comparison.first);
    }

    /** The name of the second contender. */
    String second() {
        return named(comparison.second);
    }

    /** Where simd cannot run, another engine takes its place under its own name. */
    private static String named(String contender) {
        return contender.equals("simd") ? Contenders.own() : contender;
    }

    /** The name in tables and result files. */
    String title() {
        String shape = "n=" + n + (batch == 1 || batch == n ? "" : " B=" + batch);
        String f64 = type == Type.F64 ? " f64" : "";
        return switch (comparison) {
            case GEMM -> "gemm" + f64 + " " + shape;
            case GEMV -> "gemv" + f64 + " " + shape;
            case GEMV_TRANSPOSED -> "gemvᵀ" + f64 + " " + shape;
            case PLAIN -> "gemm of plain blocks " + shape;
            case BF16 -> "gemv bf16 " + shape;
            case INT8 -> "gemv int8 " + shape;
            case FUSED -> "fused cell " + shape;
            case UNFUSED -> "unfused cell " + shape;
            case TEAM -> (batch == 1 ? "gemv " : "gemm ") + shape + " on " + threads + " threads";
            case TRANSFORM -> "4×4 transform of " + n;
        };
    }

    /** Whether multiply-adds are the limit rather than bytes read. */
    boolean computes() {
        return batch > 1;
    }

    /** Floating-point operations of a call, or the bytes of the matrix if reading is the limit. */
    double work() {
        return comparison == Comparison.TRANSFORM ? 96.0 * n : computes() ? 2.0 * n * n * batch : (double) type.bytes() * n * n;
    }

    /** Additions and multiplications of a call. */
    double operations() {
        return comparison == Comparison.TRANSFORM ? 28.0 * n : 2.0 * n * n * batch;
    }

    /** The fewest bytes that a call of a contender moves: each operand read once, the result written once. */
    double leastBytes(String contender) {
        if (comparison == Comparison.TRANSFORM) {
            return work();
        }
        double weight = contender.equals("bf16") ? 2 : contender.equals("int8") ? 1 : type.bytes();
        double vectors = comparison == Comparison.FUSED || comparison == Comparison.UNFUSED ? 3 : 2;
        return weight * n * n + vectors * type.bytes() * n * batch;
    }

    /** Measures the ceiling. */
    double ceiling(Roofline roofline) {
        return computes() ? roofline.multiplyAdd(type) : roofline.read((long) work());
    }

    /** The contenders by name, the first contender first. The resources that they need are added to {@code held}. */
    Map<String, Runnable> contenders(Deque<AutoCloseable> held) {
        Map<String, Runnable> contenders = new LinkedHashMap<>();
        if (comparison == Comparison.TRANSFORM) {
            transforms(contenders, held);
            return contenders;
        }
        Random random = new Random(n);
        Block w = hold(held, KernelSuite.gaussian(type, random, n, n));
        Block z = hold(held, KernelSuite.gaussian(type, random, batch, n));
        Block out = hold(held, Block.allocate(type, batch, n));
        for (String name : List.of(first(), second())) {
            if (name.equals("openblas") && !Contenders.all().contains(name)) {
                continue;
            }
            Engine engine = hold(held, Engines.named(name.equals("openblas") ? name : Contenders.own(), name.equals("team") ? threads : 1));
            if (comparison == Comparison.PLAIN) {
                contenders.put(name, () -> engine.gemm(1, z, false, w, false, 0, out));
                continue;
            }
            Format format = name.equals("bf16") ? Format.BF16 : name.equals("int8") ? Format.INT8 : Format.FULL;
            Weights weights = hold(held, engine.pack(w, format));
            contenders.put(name, switch (name) {
                case "fused", "unfused" -> cell(name, engine, weights, z, out, random, held);
                default -> comparison == Comparison.GEMV_TRANSPOSED
                        ? () -> engine.applyTransposed(weights, z, out)
                        : () -> engine.apply(weights, z, out, Epilogue.NONE);
            });
        }
        return contenders;
    }

    private Runnable cell(String name, Engine engine, Weights weights, Block z, Block out, Random random, Deque<AutoCloseable> held) {
        Block injection = hold(held, KernelSuite.gaussian(type, random, batch, n));
        Epilogue epilogue = Epilogue.injected(injection, null, Activation.TANH).with(new Epilogue.Norms(batch));
        if (name.equals("fused")) {
            return () -> engine.apply(weights, z, out, epilogue);
        }
        Block difference = hold(held, Block.allocate(type, batch, n));
        double[] norms = new double[batch];
        return () -> {
            engine.apply(weights, z, out, Epilogue.NONE);
            engine.axpy(1, injection, out);
            engine.activate(Activation.TANH, out, out);
            engine.copy(out, difference);
            engine.axpy(-1, z, difference);
            engine.norm(difference, norms);
            engine.norm(out, norms);
        };
    }

    private void transforms(Map<String, Runnable> contenders, Deque<AutoCloseable> held) {
        Random random = new Random(n);
        Matrix4f[] matrices = new Matrix4f[n];
        Vector4f[] vectors = new Vector4f[n];
        Vector4f[] results = new Vector4f[n];
        for (int i = 0; i < n; i++) {
            // General matrices: for affine ones JOML skips a quarter of the work.
            matrices[i] = new Matrix4f(FloatBuffer.wrap(floats(random, 16)));
            vectors[i] = new Vector4f(random.nextFloat(), random.nextFloat(), random.nextFloat(), 1);
            results[i] = new Vector4f();
        }
        Engine engine = hold(held, Engines.named(Contenders.own(), 1));
        Block m = hold(held, Block.allocate(Type.F32, 16, n));
        Block v = hold(held, Block.allocate(Type.F32, 4, n));
        Block out = hold(held, Block.allocate(Type.F32, 4, n));
        F32Joml.put(matrices, m, 0);
        F32Joml.put(vectors, v, 0);
        contenders.put(first(), () -> engine.small().transform(m, v, out));
        contenders.put(second(), () -> {
            for (int i = 0; i < results.length; i++) {
                matrices[i].transform(vectors[i], results[i]);
            }
        });
    }

    private static float[] floats(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return values;
    }

    private static <T extends AutoCloseable> T hold(Deque<AutoCloseable> held, T resource) {
        held.push(resource);
        return resource;
    }

}
