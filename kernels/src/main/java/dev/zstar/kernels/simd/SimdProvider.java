package dev.zstar.kernels.simd;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import java.util.List;
import java.util.Optional;

/** Says whether vector code would run well here. Names no class of the vector API itself, so that it loads where that is missing. */
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
        String told = Tuning.told();
        return "Java Vector API, " + Probe.bits() + "-bit vectors" + (told.isEmpty() ? "" : ", " + told);
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
        Rehearsal.once();
        return new SimdEngine(threads);
    }

    private static Optional<String> reason() {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            return Optional.of("the module jdk.incubator.vector is not loaded; start java with --add-modules jdk.incubator.vector");
        }
        if (System.getProperty("java.vm.info", "").contains("interpreted mode")) {
            return Optional.of("the JIT is off (-Xint), and interpreted vector code is slower than plain loops");
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

    /** Loaded only where the vector API is. */
    private static final class Probe {
        static int bits() {
            return Lanes.D.vectorBitSize();
        }

        static Optional<String> reason() {
            boolean x86 = System.getProperty("os.arch").matches("amd64|x86_64");
            if (bits() < (x86 ? 256 : 128)) {
                return Optional.of("vectors have " + bits() + " bits here" + (x86 ? "; without AVX2" : "; below 128 bits")
                        + " they are slower than plain loops");
            }
            if (Memory.ALL.byteSize() != Long.MAX_VALUE) {
                return Optional.of("memory outside the heap is not reachable");
            }
            return Optional.empty();
        }
    }
}
