package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The packed parameters of a dense cell: W in every format that the cell keeps, U, and b. */
final class DenseWeights {
    final Weights w;
    final Weights u;
    final Block bias;
    /** W in narrower formats. An array, so that {@link #update} allocates nothing. */
    final Weights[] narrow;
    private final Type type;
    private final int n;
    private final int inputs;
    /** By format, W first. Counted here, since a transposed copy may be added later. */
    private final long[] bytes;

    DenseWeights(OwnedMemory memory, Block w, Block u, Block bias, Format... narrower) {
        type = w.type();
        n = w.rows();
        inputs = u.cols();
        this.w = memory.pack(w);
        this.u = memory.pack(u);
        this.bias = memory.block(type, 1, n);
        this.bias.copyFrom(bias);
        narrow = Arrays.stream(narrower).distinct().filter(format -> format != Format.FULL).map(format -> memory.pack(w, format))
                .toArray(Weights[]::new);
        bytes = new long[1 + narrow.length];
        bytes[0] = this.w.bytes();
        for (int i = 0; i < narrow.length; i++) {
            bytes[1 + i] = narrow[i].bytes();
        }
    }

    /** Throws unless the parameters are not null, finite, and of shapes that fit together. */
    static void check(Block w, Block u, Block bias, int batch, Format... narrower) {
        Type type = Arguments.present("cell", "W", w).type();
        int n = w.rows();
        checkShapes("cell", w, u, bias, type, n, Arguments.present("cell", "U", u).cols());
        Arguments.atLeast("cell", "n", n, 1);
        Arguments.atLeast("cell", "the batch", batch, 1);
        Arguments.finite("cell", "W", w);
        Arguments.finite("cell", "U", u);
        Arguments.finite("cell", "b", bias);
        for (Format format : Arguments.present("cell", "the list of formats", narrower)) {
            Arguments.present("cell", "a format", format);
        }
    }

    private static void checkShapes(String operation, Block w, Block u, Block bias, Type type, int n, int inputs) {
        Arguments.present(operation, "W", w).requireShape(operation, "W", type, n, n);
        Arguments.present(operation, "U", u).requireShape(operation, "U", type, n, inputs);
        Arguments.present(operation, "b", bias).requireShape(operation, "b", type, 1, n);
    }

    /** Throws unless new parameters have the shapes of the old ones. */
    void checkUpdate(Block w, Block u, Block bias) {
        checkShapes("update", w, u, bias, type, n, inputs);
    }

    /** Packs other values. Allocates nothing. */
    void update(Block w, Block u, Block bias) {
        this.w.update(w);
        for (Weights copy : narrow) {
            copy.update(w);
        }
        this.u.update(u);
        this.bias.copyFrom(bias);
    }

    /** The index of a format in {@link #narrow}; -1 for the full one. */
    int indexOf(String operation, Format format) {
        if (Arguments.present(operation, "the format", format) == Format.FULL) {
            return -1;
        }
        for (int i = 0; i < narrow.length; i++) {
            if (narrow[i].format() == format) {
                return i;
            }
        }
        throw new IllegalArgumentException(
                operation + ": this cell does not keep W in " + format + ", expected " + Format.FULL
                        + Arrays.stream(narrow).map(kept -> " or " + kept.format()).collect(Collectors.joining())
                        + ", the formats that its constructor was given");
    }

    /** The size of W in a format, in bytes. */
    long bytes(Format format) {
        return bytes[1 + indexOf("weightBytes", format)];
    }
}
