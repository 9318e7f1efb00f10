package dev.zstar.bridge.openblas;

import java.io.IOException;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Finds the first OpenBLAS that loads and computes correctly, or says in one sentence where it searched and what to do. */
final class Search {
    private static final String CORRECTION = "; correct the path, or unset it so that zstar searches for OpenBLAS";

    private Search() {}

    /**
     * The places to search.
     *
     * @param property the value of the system property {@code zstar.openblas}, or null; empty is null
     * @param environment the value of the variable {@code ZSTAR_OPENBLAS}, or null; empty is null
     * @param loaders class loaders that may have the native jar, in order
     * @param cache the folder that the jar's files are unpacked into
     * @param names the file names of the system's library
     */
    record Places(String property, String environment, List<ClassLoader> loaders, Path cache, List<String> names) {
        /** Empty values count as null. */
        Places {
            property = given(property);
            environment = given(environment);
        }

        private static String given(String value) {
            return value == null || value.isEmpty() ? null : value;
        }

        static Places ofThisProcess() {
            List<ClassLoader> loaders = Stream.of(
                            Search.class.getClassLoader(),
                            Thread.currentThread().getContextClassLoader(),
                            // The native jar is on the class path even if this module is not.
                            ClassLoader.getSystemClassLoader())
                    .filter(Objects::nonNull)
                    .distinct()
                    .toList();
            return new Places(System.getProperty("zstar.openblas"), System.getenv("ZSTAR_OPENBLAS"), loaders, Cache.folder(),
                    Platform.libraryNames());
        }
    }

    /**
     * The result: either a library and its description, or a reason.
     *
     * @param description version, processor and origin
     */
    record Result(Cblas blas, String description, String reason) {}

    /** Searches the documented places. */
    static Result run() {
        return run(Places::ofThisProcess);
    }

    /** Never throws: whatever goes wrong, the choice of places included, becomes the reason. */
    static Result run(Supplier<Places> places) {
        try {
            return find(places.get());
        } catch (IllegalCallerException e) {
            // The option replaces that of the kernels, so it names both modules.
            return none("this JVM denies native access; start java with --enable-native-access="
                    + (Search.class.getModule().isNamed() ? "dev.zstar.kernels,dev.zstar.bridge" : "ALL-UNNAMED"));
        } catch (RuntimeException | LinkageError e) {
            return none("the search for OpenBLAS failed (" + e
                    + "); name a library with -Dzstar.openblas=<full path>, or use another engine");
        }
    }

    private static Result none(String reason) {
        return new Result(null, null, reason);
    }

    private static Result find(Places places) {
        if (places.property != null) {
            return named("the system property zstar.openblas", places.property);
        }
        if (places.environment != null) {
            return named("the environment variable ZSTAR_OPENBLAS", places.environment);
        }
        List<String> tried = new ArrayList<>();
        boolean jar = false;
        try (Bundle bundle = Bundle.open(places.loaders)) {
            jar = true;
            return bundled(bundle, new Cache(places.cache).unpack(bundle));
        } catch (Unusable e) {
            tried.add("the native jar " + e.getMessage());
        } catch (IOException e) {
            tried.add("the native jar cannot be unpacked (" + e + "; choose another folder with " + Cache.SETTINGS + ")");
        }
        for (String name : places.names) {
            try {
                SymbolLookup library = name.contains("/") ? Loader.load(Path.of(name), List.of()) : Loader.load(name);
                return checked(library, "system");
            } catch (Unusable e) {
                tried.add("the system's " + name + " " + e.getMessage());
            }
        }
        return none("no usable OpenBLAS was found: " + String.join("; ", tried) + "; "
                + (jar ? "" : "add org.bytedeco:openblas with the classifier " + Platform.NAME + " to the class path, or ")
                + "install OpenBLAS (Debian: libopenblas0), or name a library with -Dzstar.openblas=<full path> or ZSTAR_OPENBLAS");
    }

    private static Result bundled(Bundle bundle, Path folder) throws Unusable {
        Path library = folder.resolve(Platform.libraryFile());
        List<Path> companions = bundle.entries().stream()
                .map(entry -> folder.resolve(bundle.file(entry)))
                .filter(file -> !file.equals(library))
                .toList();
        SymbolLookup loaded;
        try {
            loaded = Loader.load(library, companions);
        } catch (Unusable e) {
            // These are the words of the GNU loader.
            throw !e.getMessage().contains("failed to map segment") ? e
                    : new Unusable("is unpacked into " + folder + ", where nothing can be executed (is it mounted noexec?);"
                            + " choose another folder with " + Cache.SETTINGS);
        }
        return checked(loaded, "bundled");
    }

    /** A library that the user chose: if it does not work, no other is tried. */
    private static Result named(String who, String name) {
        String place = who + " names " + name + ", which ";
        try {
            Path path = Path.of(name);
            if (!path.isAbsolute()) {
                throw new Unusable("is not a full path");
            }
            if (!Files.isRegularFile(path)) {
                throw new Unusable("is not a file");
            }
            return checked(Loader.load(path, List.of()), name);
        } catch (Unusable e) {
            return none(place + e.getMessage() + CORRECTION);
        } catch (InvalidPathException e) {
            return none(place + "is not a path" + CORRECTION);
        }
    }

    /** Tests a library. */
    private static Result checked(SymbolLookup library, String origin) throws Unusable {
        Cblas blas = new Cblas(library);
        blas.threads(1);
        SelfCheck.run(blas);
        return new Result(blas, "OpenBLAS " + blas.version() + " (" + blas.core() + ", " + origin + ")", null);
    }
}
