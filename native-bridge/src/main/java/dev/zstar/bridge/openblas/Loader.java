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
 * <p>A library of the native jar may need another one of it that it looks for by name alone: {@code libgfortran} has no path to
 * {@code libquadmath}. The system's loader then takes one of that name that is loaded already. So where the library itself does not
 * load, its companions are loaded first, by their full paths.
 */
final class Loader {
    private Loader() {}

    /** A library by its full path, with {@code companions} for what it needs. */
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

    /** A library by a name that the system's loader looks for. */
    static SymbolLookup load(String name) throws Unusable {
        try {
            return SymbolLookup.libraryLookup(name, Arena.global());
        } catch (IllegalArgumentException e) {
            throw refused(name);
        }
    }

    /**
     * Loads what can be loaded: in rounds, because one may need another that comes later in the list, until a round loads nothing. What
     * never loads is left out; whether that matters is seen when the library that needs it is loaded.
     */
    static void inOrder(List<Path> files, Predicate<Path> opens) {
        List<Path> left = new ArrayList<>(files);
        while (left.removeIf(opens)) {
            // Each round has at least one library more than the last to find loaded.
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
