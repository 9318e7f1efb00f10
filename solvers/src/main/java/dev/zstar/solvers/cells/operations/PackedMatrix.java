package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Weights;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.parameters.Weight;
import java.util.List;

/** A matrix of a cell, packed in the full format and in narrower ones. */
public final class PackedMatrix {
    private final Bank bank;
    private final Weight weight;
    private final Block values;
    private final Weights full;
    private final Weights[] narrow;
    private final long[] sizes;

    PackedMatrix(Bank bank, OwnedMemory memory, Weight weight, Block whole, List<Format> formats) {
        this.bank = bank;
        this.weight = weight;
        values = weight.parts() == 1 ? whole : whole.part(weight.part(), weight.parts());
        full = memory.pack(values);
        narrow = formats.stream().map(format -> memory.pack(values, format)).toArray(Weights[]::new);
        sizes = new long[1 + narrow.length];
        sizes[0] = full.bytes();
        for (int i = 0; i < narrow.length; i++) {
            sizes[1 + i] = narrow[i].bytes();
        }
    }

    /** The weights in the format of the present run. */
    public Weights now() {
        int format = bank.format();
        return format < 0 ? full : narrow[format];
    }

    /** The weights as they are, for derivatives. */
    public Weights full() {
        return full;
    }

    /** Where the gradient is added; null if it is not wanted. */
    public Block gradient() {
        return bank.gradient(weight);
    }

    void update() {
        full.update(values);
        for (Weights packed : narrow) {
            packed.update(values);
        }
    }

    boolean isOf(String parameter) {
        return weight.parameter().name().equals(parameter);
    }

    /** The bytes in a narrower format or, with -1, the full one; without a transposed copy, which derivatives add. */
    long bytes(int index) {
        return sizes[1 + index];
    }
}
