package dev.zstar.benchmarks.jmh.peers;

import dev.zstar.kernels.Type;
import java.util.List;

/** The contenders by their names in {@code -p who=}. */
final class Contenders {
    /** All names, with zstar's own first. */
    static final List<String> NAMES = List.of("simd", "openblas", "netlib", "netlib-scalar", "ejml", "ojalgo");

    private Contenders() {}

    static Contender named(String name, Type type) {
        boolean f32 = type == Type.F32;
        return switch (name) {
            case "simd", "openblas", "scalar" -> new ZstarEngine(name);
            case "ejml" -> f32 ? new F32Ejml() : new F64Ejml();
            case "ojalgo" -> new OjAlgo();
            case "netlib" -> f32 ? new F32Netlib(Netlib.vector()) : new F64Netlib(Netlib.vector());
            case "netlib-scalar" -> f32 ? new F32Netlib(Netlib.scalar()) : new F64Netlib(Netlib.scalar());
            default -> throw new IllegalArgumentException(
                    "unknown contender '" + name + "'; expected one of " + String.join(", ", NAMES));
        };
    }

    /** The class that computes and its jar, such as {@code VectorBLAS of blas-3.2.0.jar}. */
    static String describe(Contender contender) {
        Class<?> computing = contender.computing();
        String jar = computing.getProtectionDomain().getCodeSource().getLocation().getPath();
        return computing.getSimpleName() + " of " + jar.substring(jar.lastIndexOf('/') + 1);
    }
}
