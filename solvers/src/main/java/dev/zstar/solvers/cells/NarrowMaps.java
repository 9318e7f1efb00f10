package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.guard.Arguments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The narrower formats in which a map keeps its matrices, and the map in each of them. */
final class NarrowMaps {
    private final List<Format> formats;
    private final List<FixedPointMap> maps = new ArrayList<>();

    /** An evaluation with the matrices in one of the formats. */
    @FunctionalInterface
    interface Evaluation {
        void apply(int format, Block z, Block out, Rows rows);
    }

    NarrowMaps(Evaluation evaluation, Format... narrow) {
        for (Format format : Arguments.present("plan", "the list of formats", narrow)) {
            Arguments.present("plan", "a format", format);
        }
        formats = Arrays.stream(narrow).distinct().filter(format -> format != Format.FULL).toList();
        for (int i = 0; i < formats.size(); i++) {
            int index = i;
            maps.add((z, out, rows) -> evaluation.apply(index, z, out, rows));
        }
    }

    List<Format> formats() {
        return formats;
    }

    /** The map in a narrower format. */
    FixedPointMap get(String operation, Format format) {
        return maps.get(index(operation, format));
    }

    /** The number of a format; -1 for the full one. */
    int index(String operation, Format format) {
        if (Arguments.present(operation, "the format", format) == Format.FULL) {
            return -1;
        }
        int index = formats.indexOf(format);
        if (index < 0) {
            throw new IllegalArgumentException(operation + ": this map does not keep its matrices in " + format + ", expected "
                    + Format.FULL + formats.stream().map(kept -> " or " + kept).collect(Collectors.joining())
                    + ", the formats that it was planned with");
        }
        return index;
    }

    /** The map in the first format; null if there is none. */
    FixedPointMap first() {
        return maps.isEmpty() ? null : maps.getFirst();
    }
}
