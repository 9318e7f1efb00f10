package dev.zstar.bridge.openblas;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What differs between operating systems. */
final class Platform {
    private static final String SYSTEM = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    static final boolean WINDOWS = SYSTEM.startsWith("windows");
    static final boolean MAC = SYSTEM.startsWith("mac");

    /** The name of the platform in the native jars, such as {@code linux-x86_64} or {@code macosx-arm64}. */
    static final String NAME = (WINDOWS ? "windows" : MAC ? "macosx" : "linux") + "-" + processor();

    private Platform() {}

    private static String processor() {
        String processor = System.getProperty("os.arch", "");
        return switch (processor) {
            case "amd64" -> "x86_64";
            case "aarch64" -> "arm64";
            default -> processor;
        };
    }

    /** The file name of the library, with the number of its binary interface. */
    static String libraryFile() {
        return WINDOWS ? "libopenblas.dll" : MAC ? "libopenblas.0.dylib" : "libopenblas.so.0";
    }

    /** Names for the system's loader, and a full path if the loader does not search the usual place. */
    static List<String> libraryNames() {
        return MAC ? List.of(libraryFile(), "/opt/homebrew/opt/openblas/lib/" + libraryFile()) : List.of(libraryFile());
    }

    /** Why the loader refuses a library. The exception of the JDK does not say so. */
    static String loaderMessage(String name) {
        Linker linker = Linker.nativeLinker();
        SymbolLookup standard = linker.defaultLookup();
        Optional<MemorySegment> open = standard.find("dlopen");
        Optional<MemorySegment> error = standard.find("dlerror");
        if (open.isEmpty() || error.isEmpty()) {
            return "the system's loader gave no reason";
        }
        int now = 2;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment library = (MemorySegment) linker.downcallHandle(open.get(),
                            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT))
                    .invokeExact(arena.allocateFrom(name), now);
            MemorySegment message = (MemorySegment) linker.downcallHandle(error.get(), FunctionDescriptor.of(ValueLayout.ADDRESS))
                    .invokeExact();
            return library.address() != 0 || message.address() == 0
                    ? "the system's loader gave no reason"
                    : message.reinterpret(4096).getString(0).strip();
        } catch (Throwable e) {
            return "the system's loader gave no reason: " + e;
        }
    }
}
