package dev.zstar.kernels.simd;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.jvm.Fma;
import dev.zstar.kernels.jvm.VmOptions;
import dev.zstar.kernels.simd.lanes.Lanes;
import dev.zstar.kernels.simd.lanes.NativeMemory;
import dev.zstar.kernels.simd.lanes.VectorWarmup;
import dev.zstar.kernels.simd.tuning.Tuning;
import java.util.List;
import java.util.Optional;

/** Finds out whether vector code runs well here. It does not refer to the vector API, so that it loads even if the API is missing. */
public final class SimdProvider implements EngineProvider {
    private static final Optional<String> REASON = reason();

    @Override
    public String name() {
        return "simd";
    }

    @Override
    public int priority() {
        return 100;
    }

    @Override
    public Optional<String> unavailable() {
        return REASON;
    }

    @Override
    public String description() {
        String overrides = Tuning.overrides();
        return "Java Vector API, " + Probe.bits() + "-bit vectors" + (overrides.isEmpty() ? "" : ", " + overrides);
    }

    @Override
    public List<String> notes() {
        return Tuning.notes();
    }

    @Override
    public Engine create(int threads) {
        REASON.ifPresent(reason -> {
            throw new UnsupportedOperationException(reason);
        });
        Tuning.log();
        VectorWarmup.once();
        return new SimdEngine(threads);
    }

    private static Optional<String> reason() {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            return Optional.of("the jdk.incubator.vector module is not loaded; start java with --add-modules jdk.incubator.vector");
        }
        String mode = System.getProperty("java.vm.info", "");
        if (mode.contains("interpreted mode")) {
            return Optional.of("the JIT is off (-Xint), and interpreted vector code is slower than plain loops; start java without -Xint");
        }
        if (mode.contains("emulated-client")) {
            return Optional.of("only the C1 compiler is enabled, which allocates an object for every vector; start java without"
                    + " -XX:TieredStopAtLevel and -XX:CompilationMode");
        }
        try {
            return Probe.reason();
        } catch (IllegalCallerException | ExceptionInInitializerError e) {
            return Optional.of("this JVM denies access to memory outside the heap; start java with "
                    + "--enable-native-access=dev.zstar.kernels (on the class path: ALL-UNNAMED)");
        } catch (LinkageError e) {
            return Optional.of("the vector API cannot be used (" + e.getMessage() + "); zstar expects the jdk.incubator.vector module of"
                    + " JDK 25, and this is JDK " + Runtime.version());
        }
    }

    /** Why vectors of this many bits are too narrow, and what limits them. */
    private static String narrow(int bits, int least) {
        String reason = "vectors are only " + bits + " bits wide, and below " + least + " bits they are slower than plain loops; ";
        for (String option : List.of("UseAVX", "MaxVectorSize", "UseSSE")) {
            Optional<String> value = VmOptions.given(option);
            if (value.isPresent()) {
                return reason + "start java without -XX:" + option + "=" + value.get();
            }
        }
        return reason + "this processor, or what the JVM detects of it, has no wider vectors (x86 needs AVX2)";
    }

    private static String unfused() {
        String reason = "the JVM does not use fused multiply-add (FMA) instructions, and emulating one takes about a microsecond; ";
        return reason + (VmOptions.given("UseFMA").isPresent() ? "start java without -XX:-UseFMA"
                : "this processor, or what the JVM detects of it, has none");
    }

    /** Loaded only if the vector API is there. */
    private static final class Probe {
        static int bits() {
            return Lanes.D.vectorBitSize();
        }

        static Optional<String> reason() {
            int least = System.getProperty("os.arch").matches("amd64|x86_64") ? 256 : 128;
            if (bits() < least) {
                return Optional.of(narrow(bits(), least));
            }
            if (!Fma.FAST) {
                return Optional.of(unfused());
            }
            if (NativeMemory.ALL.byteSize() != Long.MAX_VALUE) {
                return Optional.of("the segment that kernels read through does not cover all memory, which no supported JDK does;"
                        + " please report this with the output of java -version");
            }
            return Optional.empty();
        }
    }
}
