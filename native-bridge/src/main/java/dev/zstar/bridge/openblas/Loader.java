package dev.zstar.bridge.openblas;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Loads libraries for the rest of the process.
 *
 * <p>A library of the native jar may need another library of the jar, which it looks for only by name: {@code libgfortran} has no path to
 * {@code libquadmath}. The system's loader then takes a library of that name that is loaded already. If the library itself does not load,
 * its companions are therefore loaded first, by their full paths.
 */
final class Loader {
    private Loader() {}

    /** Loads a library by its full path; {@code companions} are the libraries that it may need. */
    static SymbolLookup load(Path library, List<Path> companions) throws Unusable {
        if (!opens(library)) {
            inOrder(companions, Loader::opens);
        }
        try {
            return open(library);
        } catch (IllegalArgumentException e) {
            throw refused(library.toString());
        }
    }

    /** Loads a library by a name that the system's loader looks for. */
    static SymbolLookup load(String name) throws Unusable {
        try {
            return SymbolLookup.libraryLookup(name, Arena.global());
        } catch (IllegalArgumentException e) {
            throw refused(name);
        }
    }

    /**
     * Loads all files that can be loaded. It goes through the list again until a round loads nothing, because a library may need another
     * that comes later in the list. Files that never load are left out. If one of them matters, the library that needs it does not load.
     */
    static void inOrder(List<Path> files, Predicate<Path> opens) {
        List<Path> left = new ArrayList<>(files);
        while (left.removeIf(opens)) {
            // In each round at least one library more is loaded than in the last.
        }
    }

    private static boolean opens(Path file) {
        try {
            open(file);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static SymbolLookup open(Path file) {
        return SymbolLookup.libraryLookup(file, Arena.global());
    }

    private static Unusable refused(String name) {
        return new Unusable("does not load (" + Platform.loaderMessage(name) + ")");
    }
}
