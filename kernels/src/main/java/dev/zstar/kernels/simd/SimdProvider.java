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

/** Finds out whether vector code runs well here. Does not refer to the vector API, so that it loads where the API is missing. */
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
            return Optional.of("the module jdk.incubator.vector is not loaded; start java with --add-modules jdk.incubator.vector");
        }
        String mode = System.getProperty("java.vm.info", "");
        if (mode.contains("interpreted mode")) {
            return Optional.of("the JIT is off (-Xint), and interpreted vector code is slower than plain loops; start java without -Xint");
        }
        if (mode.contains("emulated-client")) {
            return Optional.of("only the quick compiler C1 runs, which makes an object of every vector; start java without"
                    + " -XX:TieredStopAtLevel and -XX:CompilationMode");
        }
        try {
            return Probe.reason();
        } catch (IllegalCallerException | ExceptionInInitializerError e) {
            return Optional.of("this JVM denies access to memory outside the heap; start java with "
                    + "--enable-native-access=dev.zstar.kernels (on the class path: ALL-UNNAMED)");
        } catch (LinkageError e) {
            return Optional.of("the vector API cannot be used: " + e.getMessage());
        }
    }

    /** Why vectors of this many bits are too short, and what limits them. */
    private static String narrow(int bits, int least) {
        String reason = "vectors have " + bits + " bits here, and below " + least + " they are slower than plain loops; ";
        for (String option : List.of("UseAVX", "MaxVectorSize", "UseSSE")) {
            Optional<String> value = VmOptions.given(option);
            if (value.isPresent()) {
                return reason + "java was started with -XX:" + option + "=" + value.get() + ": leave that option out";
            }
        }
        return reason + "this processor, or what the virtual machine finds of it, has no longer ones (on x86 they need AVX2)";
    }

    private static String unfused() {
        String reason = "there are no fused multiply-adds here, and without that instruction each takes a microsecond; ";
        return reason + (VmOptions.given("UseFMA").isPresent() ? "java was started with -XX:-UseFMA: leave that option out"
                : "this processor, or what the virtual machine finds of it, has none");
    }

    /** Loaded only where the vector API is. */
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
                return Optional.of("memory outside the heap is not reachable");
            }
            return Optional.empty();
        }
    }
}
