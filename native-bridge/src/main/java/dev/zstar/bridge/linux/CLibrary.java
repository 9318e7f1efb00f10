package dev.zstar.bridge.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * The functions of the C library of Linux that this package calls. A call that fails returns the negative error number, unless its
 * comment says otherwise.
 */
final class CLibrary {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EACCES = 13;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int EMFILE = 24;
    static final int ENOSYS = 38;
    static final int EOPNOTSUPP = 95;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /** Found once, at first use. Fields are static, so that calls are compiled without a look-up and without memory. */
    private static final class Functions {
        /** {@code long syscall(number, attributes, pid, cpu, group, flags)}: the library has no function {@code perf_event_open}. */
        static final MethodHandle PERF_EVENT_OPEN = handle("syscall", FunctionDescriptor.of(
                JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG), Linker.Option.firstVariadicArg(1));
        /** Without the error number, because its capture takes memory in each call until the JIT inlines it, which it may never do. */
        static final MethodHandle READ = Linker.nativeLinker().downcallHandle(
                Linker.nativeLinker().defaultLookup().findOrThrow("read"), FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
        static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        static final MethodHandle SET_AFFINITY =
                handle("sched_setaffinity", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    }

    /** Whether the functions can be called, found once. */
    private static final class Found {
        static final String REASON = reason();

        private static String reason() {
            String system = System.getProperty("os.name", "");
            if (!system.toLowerCase(Locale.ROOT).startsWith("linux")) {
                return "only Linux offers it, and this is " + system;
            }
            try {
                Objects.requireNonNull(Functions.CLOSE);
                return null;
            } catch (RuntimeException | LinkageError e) {
                Throwable cause = e.getCause() == null ? e : e.getCause();
                return "the functions of the C library cannot be called: " + cause.getMessage();
            }
        }
    }

    private CLibrary() {}

    private static MethodHandle handle(String function, FunctionDescriptor descriptor, Linker.Option... more) {
        Linker linker = Linker.nativeLinker();
        Linker.Option[] options = new Linker.Option[more.length + 1];
        options[0] = Linker.Option.captureCallState("errno");
        System.arraycopy(more, 0, options, 1, more.length);
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(function), descriptor, options);
    }

    /** Why the functions cannot be called here. */
    static Optional<String> unavailable() {
        return Optional.ofNullable(Found.REASON);
    }

    /** @throws UnsupportedOperationException with the reason, where the functions cannot be called */
    static void require() {
        if (Found.REASON != null) {
            throw new UnsupportedOperationException(Found.REASON);
        }
    }

    /** The number of {@code perf_event_open} among the system calls of this processor; −1 if it is not known here. */
    static long perfEventOpenNumber(String processor) {
        return switch (processor) {
            case "amd64", "x86_64" -> 298;
            case "aarch64", "riscv64" -> 241;
            default -> -1;
        };
    }

    /** Opens an event of the calling thread, and of the threads that it starts later, on any processor. Returns its descriptor. */
    static long perfEventOpen(MemorySegment attributes) {
        long number = perfEventOpenNumber(System.getProperty("os.arch", ""));
        if (number < 0) {
            return -ENOSYS;
        }
        long closeOnExec = 8;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            long found = (long) Functions.PERF_EVENT_OPEN.invokeExact(state, number, attributes, 0L, -1L, -1L, closeOnExec);
            return found < 0 ? -errno(state) : found;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /** Reads at most as many bytes as the segment has; returns how many, or −1. The call allocates nothing, even before it is compiled. */
    static long read(int descriptor, MemorySegment into) {
        try {
            return (long) Functions.READ.invokeExact(descriptor, into, into.byteSize());
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    static int close(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int result = (int) Functions.CLOSE.invokeExact(state, descriptor);
            return result < 0 ? -errno(state) : result;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /** Keeps the calling thread, and threads that it starts later, on the processors whose bits are set. */
    static int setAffinity(MemorySegment bits) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            int result = (int) Functions.SET_AFFINITY.invokeExact(state, 0, bits.byteSize(), bits);
            return result < 0 ? -errno(state) : result;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    private static RuntimeException unchecked(Throwable e) {
        return switch (e) {
            case RuntimeException runtime -> runtime;
            case Error error -> throw error;
            default -> throw new AssertionError("a native call threw", e);
        };
    }
}
