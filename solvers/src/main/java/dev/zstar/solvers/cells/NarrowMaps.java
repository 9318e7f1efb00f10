package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.guard.Arguments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

/** The narrower formats in which a map keeps its matrices, and the map in each of them. */
final class NarrowMaps {
    private final List<Format> formats;
    private final List<FixedPointMap> maps = new ArrayList<>();

    /**
     * @param select makes products use a format, by its number; -1 is the full one
     * @param full the map, in the format that is selected
     */
    NarrowMaps(IntConsumer select, FixedPointMap full, Format... narrow) {
        for (Format format : Arguments.present("plan", "the list of formats", narrow)) {
            Arguments.present("plan", "a format", format);
        }
        formats = Arrays.stream(narrow).distinct().filter(format -> format != Format.FULL).toList();
        for (int i = 0; i < formats.size(); i++) {
            maps.add(new Narrow(select, full, i));
        }
    }

    private record Narrow(IntConsumer select, FixedPointMap full, int index) implements FixedPointMap {
        @Override
        public void apply(Block z, Block out, Rows rows) {
            select.accept(index);
            try {
                full.apply(z, out, rows);
            } finally {
                select.accept(-1);
            }
        }

        @Override
        public double rowOperations() {
            return full.rowOperations();
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
