package dev.zstar.kernels.simd.products;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.simd.lanes.Lanes;
import dev.zstar.kernels.simd.tuning.Tuning;

/**
 * A matrix of {@code outputs × inputs} packed for register tiles. A panel has the outputs of up to three vectors: for each input k in turn
 * (for bf16, each pair of inputs) their weights side by side, with zeros beyond the last output and input.
 *
 * <p>If full panels would leave a single vector, the last two panels have two vectors each. A tile of 8×1 vectors reads as much of the
 * batch as a tile of 8×3, and reached only 88 GFLOP/s, while 8×2 and 8×3 reach 117.
 */
public final class Panels implements AutoCloseable {
    /** Vectors of a full panel. */
    public static final int VECTORS = 3;

    /**
     * The format that weights are stored in. It may differ from the requested one: small {@link Format#INT8} is stored as
     * {@link Format#BF16}, which holds its integers exactly.
     */
    public final Format format;
    public final Type type;
    public final int outputs;
    public final int inputs;
    /** The number of panels. */
    public final int count;
    /** Inputs of one step of a tile: their weights lie side by side for each output. */
    public final int share;
    /** Bytes of a weight. */
    public final int weightBytes;
    /** For integers one scale for each row of {@code W}, else null. */
    public final Block scales;
    /** Whether the scales belong to the inputs (this is the transpose of {@code W}) instead of the outputs. */
    public final boolean transposed;

    private final int vectors;
    private final int lanes;
    private final Block block;

    private Panels(Format format, Type type, int outputs, int inputs, Block scales, boolean transposed) {
        this.format = format;
        this.type = type;
        this.outputs = outputs;
        this.inputs = inputs;
        this.scales = scales;
        this.transposed = transposed;
        lanes = Lanes.BITS / Byte.SIZE / type.bytes();
        vectors = (outputs + lanes - 1) / lanes;
        count = count(vectors);
        share = format == Format.BF16 ? 2 : 1;
        weightBytes = switch (format) {
            case FULL -> type.bytes();
            case BF16 -> Short.BYTES;
            case INT8 -> Byte.BYTES;
        };
        long bytes = (long) VECTORS * lanes * steps(inputs) * share * weightBytes;
        long cols = (bytes + type.bytes() - 1) / type.bytes();
        if (cols > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("pack: w has " + inputs + " columns, expected fewer, because a panel cannot hold them");
        }
        block = Block.allocate(type, count, (int) cols);
    }

    /** Panels for {@code W}, not packed yet. */
    public static Panels of(Format format, Type type, int outputs, int inputs) {
        if (format != Format.INT8) {
            return new Panels(format, type, outputs, inputs, null, false);
        }
        Format stored = 2L * outputs * inputs <= Tuning.WIDE ? Format.BF16 : Format.INT8;
        try (Allocation allocation = new Allocation()) {
            Block scales = allocation.add(Block.allocate(Type.F32, 1, outputs));
            Panels panels = new Panels(stored, type, outputs, inputs, scales, false);
            allocation.keep();
            return panels;
        }
    }

    /** The requested format. */
    public Format asked() {
        return scales == null ? format : Format.INT8;
    }

    /** The transpose, with a copy of the weights and the same scales. */
    public Panels transpose() {
        try (Allocation allocation = new Allocation()) {
            Panels other = allocation.add(new Panels(format, type, inputs, outputs, scales, true));
            if (type == Type.F32) {
                F32Panels.transpose(this, other);
            } else {
                F64Panels.transpose(this, other);
            }
            allocation.keep();
            return other;
        }
    }

    /** Steps of a tile for this many inputs. The last step may be padded with zeros. */
    public int steps(int inputs) {
        return (inputs + share - 1) / share;
    }

    /** The offset of a weight in a panel of {@code width} outputs, in bytes. */
    public long offset(int width, int i, int k) {
        return (((long) (k / share) * width + i) * share + k % share) * weightBytes;
    }

    /** Packs the values of {@code w}, or of its transpose if this is one. */
    public void pack(Block w) {
        if (type == Type.F32) {
            F32Panels.pack(w, this);
        } else {
            F64Panels.pack(w, this);
        }
    }

    /** The number of panels for this many vectors of outputs. */
    public static int count(int vectors) {
        return (vectors + VECTORS - 1) / VECTORS;
    }

    /** Vectors of a panel. */
    public static int width(int vectors, int panel) {
        return balanced(vectors) && panel >= vectors / VECTORS - 1 ? 2 : Math.min(VECTORS, vectors - panel * VECTORS);
    }

    /** The first vector of a panel. */
    public static int first(int vectors, int panel) {
        return panel * VECTORS - (balanced(vectors) && panel == vectors / VECTORS ? 1 : 0);
    }

    /** Whether two panels of two end the row, instead of three and one. */
    private static boolean balanced(int vectors) {
        return vectors % VECTORS == 1 && vectors > 1;
    }

    /** Vectors of a panel. */
    public int width(int panel) {
        return width(vectors, panel);
    }

    /** The first output of a panel. */
    public int column(int panel) {
        return first(vectors, panel) * lanes;
    }

    /**
     * The number of panels that one row takes at once, from this one and before {@code to}: up to four of the same width, but the last
     * may be narrower.
     */
    public int group(int panel, int to) {
        int end = panel + 1;
        while (end < Math.min(to, panel + 4) && (width(end) == width(panel) || !balanced(vectors))) {
            end++;
        }
        return end - panel;
    }

    /** Bytes of one step of a panel of this many vectors. */
    public long step(int vectors) {
        return (long) vectors * lanes * share * weightBytes;
    }

    /** The address of a panel. */
    public long address(int panel) {
        return block.address() + panel * block.strideBytes();
    }

    /** Bytes from one panel to the next. */
    public long stride() {
        return block.strideBytes();
    }

    public boolean closed() {
        return block.closed();
    }

    public long bytes() {
        return block.bytes() + (scales == null || transposed ? 0 : scales.bytes());
    }

    @Override
    public void close() {
        block.close();
        if (scales != null && !transposed) {
            scales.close();
        }
    }
}
