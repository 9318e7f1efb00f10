package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.ConvolutionWeights;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.parameters.Weight;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The parameters of a planned cell as its instructions read them, packed in every format, and where their gradients go. */
public final class Bank {
    private final Engine engine;
    private final OwnedMemory memory;
    private final Parameters values;
    private final List<Format> narrow;
    private final Block ones;
    private final Map<String, NormalisedMatrix> normalised = new LinkedHashMap<>();
    /** The same in order; walked through by index, which allocates nothing. */
    private final List<NormalisedMatrix> order = new ArrayList<>();
    private final Map<Weight, PackedMatrix> matrices = new LinkedHashMap<>();
    private final Map<String, ConvolutionWeights> convolutions = new LinkedHashMap<>();
    /** Vectors repeated in larger blocks, by what and how. */
    private final Map<List<Object>, Block> copies = new HashMap<>();
    private final Map<List<Object>, Rotary> rotaries = new HashMap<>();
    private final Dropout dropout = new Dropout();
    private final List<Runnable> updates = new ArrayList<>();
    /** By parameter: its place in the blocks of gradients. */
    private final Map<String, Integer> places = new HashMap<>();
    private final Map<Integer, Block> units = new HashMap<>();
    private Block[] sums;
    /** Which format products use: -1 for the full one. */
    private int format = -1;

    /**
     * @param values the parameters, whose blocks stay the caller's
     * @param ones the most rows of a block that gradients of biases are summed over
     * @param narrow narrower formats in which matrices are kept, too
     */
    public Bank(Engine engine, OwnedMemory memory, Parameters values, int ones, List<Format> narrow) {
        this.engine = engine;
        this.memory = memory;
        this.values = values;
        this.narrow = narrow;
        this.ones = memory.add(Block.allocate(values.type(), ones, 1), Block::close, Block::bytes);
        this.ones.fill(1);
        for (int i = 0; i < values.descriptions().size(); i++) {
            places.put(values.descriptions().get(i).name(), i);
        }
    }

    /** The element type. */
    public Type type() {
        return values.type();
    }

    /** Ones, {@code rows × 1}. */
    public Block ones(int rows) {
        return ones.head(rows);
    }

    /** Ones, {@code 1 × cols}. */
    Block unit(int cols) {
        return units.computeIfAbsent(cols, n -> {
            Block unit = memory.block(values.type(), 1, n);
            unit.fill(1);
            return unit;
        });
    }

    /** The values of a parameter, as the caller last set them. */
    public Block values(Parameter p) {
        return values.get(p.name());
    }

    /** The values of a bias, {@code 1 × n}. */
    Block values(Bias b) {
        return b.parts() == 1 ? values(b.bias()) : values(b.bias()).part(b.part(), b.parts());
    }

    /** The values of a bias, again and again in one row of {@code cols} elements: those of the last update, if cols is not its length. */
    Block repeated(Bias b, int cols) {
        if (cols == b.length()) {
            return values(b);
        }
        return copies.computeIfAbsent(List.of(b, cols), key -> {
            Block row = memory.block(type(), 1, cols);
            onUpdate(() -> {
                for (int at = 0; at < cols; at += b.length()) {
                    row.copyColumns(values(b), 0, at, b.length());
                }
            });
            return row;
        });
    }

    /** The elements of a vector as a column, {@code cols} times side by side, as they were at the last update. */
    public Block columns(Parameter p, int cols) {
        return copies.computeIfAbsent(List.of(p, cols), key -> {
            Block block = memory.block(type(), p.size(), cols);
            onUpdate(() -> {
                for (int i = 0; i < block.rows(); i++) {
                    for (int j = 0; j < cols; j++) {
                        block.set(i, j, values(p).get(0, i));
                    }
                }
            });
            return block;
        });
    }

    /** The angles of rotary positions. The same for equal arguments. */
    Rotary rotary(int sequence, int width, double base, Rotary.Pairing pairing) {
        return rotaries.computeIfAbsent(List.of(sequence, width, base, pairing), key -> memory.add(
                Rotary.of(engine, type(), sequence, width, base, pairing), Rotary::close, r -> r.cosines().bytes() + r.sines().bytes()));
    }

    /** From which seeds dropout masks are drawn. */
    public Dropout dropout() {
        return dropout;
    }

    /** Runs it now and after each change of the parameters. */
    private void onUpdate(Runnable update) {
        update.run();
        updates.add(update);
    }

    /** Where the gradient of a bias is added in this pass; null if it is not wanted. */
    Block gradient(Bias b) {
        Block whole = gradient(b.bias());
        return whole == null || b.parts() == 1 ? whole : whole.part(b.part(), b.parts());
    }

    /** The packed matrix. The same for equal arguments. */
    public PackedMatrix matrix(Weight w) {
        // A matrix and its transpose are packed once.
        Weight upright = w.isTransposed() ? w.transposed() : w;
        return matrices.computeIfAbsent(upright, this::pack);
    }

    private PackedMatrix pack(Weight w) {
        NormalisedMatrix source = w.norm() instanceof Weight.Norm.None ? null
                : normalised.computeIfAbsent(w.parameter().name(), name -> normalise(w));
        Block whole = source == null ? values(w.parameter()) : source.matrix();
        PackedMatrix packed = new PackedMatrix(this, memory, w, whole, narrow);
        updates.add(packed::update);
        return packed;
    }

    private NormalisedMatrix normalise(Weight w) {
        NormalisedMatrix matrix = new NormalisedMatrix(engine, memory, values, w);
        order.add(matrix);
        return matrix;
    }

    /** The packed weights of a convolution. */
    public ConvolutionWeights convolution(Convolution shape, Parameter p) {
        return convolutions.computeIfAbsent(p.name(), name -> {
            ConvolutionWeights packed = memory.add(engine.images().pack(shape, values(p)), ConvolutionWeights::close,
                    ConvolutionWeights::bytes);
            updates.add(() -> packed.update(values(p)));
            return packed;
        });
    }

    /** Where the gradient of a parameter is added in this pass; null if it is not wanted. */
    public Block gradient(Parameter p) {
        return sums == null ? null : sums[places.get(p.name())];
    }

    /** Where the gradient of a matrix is added in this pass; null if it is not wanted. */
    Block gradient(Weight w) {
        NormalisedMatrix source = w.norm() instanceof Weight.Norm.None ? null : normalised.get(w.parameter().name());
        Block whole = source != null ? source.gradient() : gradient(w.parameter());
        return whole == null || w.parts() == 1 ? whole : whole.part(w.part(), w.parts());
    }

    /** Begins to add gradients to these blocks, one for each parameter, or null. */
    public void begin(Block[] sums) {
        this.sums = sums;
        for (int i = 0; i < order.size(); i++) {
            order.get(i).clear();
        }
    }

    /** Ends it: gradients of normalised matrices go on to their parameters. */
    public void end() {
        for (int i = 0; i < order.size(); i++) {
            order.get(i).addGradients(this);
        }
        sums = null;
    }

    /** Takes the new values of all parameters. */
    public void update() {
        for (int i = 0; i < order.size(); i++) {
            order.get(i).update();
        }
        for (int i = 0; i < updates.size(); i++) {
            updates.get(i).run();
        }
    }

    /** Takes the values of all parameters and {@link #buffers} as they are, to go on from a file. */
    public void restore() {
        normalised.values().forEach(NormalisedMatrix::restore);
        updates.forEach(Runnable::run);
    }

    /** What normalised matrices remember from update to update: a view. */
    public Parameters buffers() {
        List<Parameter> descriptions = new ArrayList<>();
        List<Block> blocks = new ArrayList<>();
        normalised.forEach((name, matrix) -> {
            Block buffer = matrix.buffer();
            if (buffer != null) {
                descriptions.add(Parameter.vector(name + ".v", buffer.cols(), Initialiser.constant(0)));
                blocks.add(buffer);
            }
        });
        return Parameters.of(type(), descriptions, blocks);
    }

    /** Products use this format from now on: an index into the narrower ones, or -1 for the full one. */
    public void format(int index) {
        format = index;
    }

    int format() {
        return format;
    }

    /** The bytes of a packed matrix, in a narrower format or, with -1, the full one. */
    public long bytes(String parameter, int index) {
        return matrices.values().stream().filter(matrix -> matrix.isOf(parameter)).mapToLong(matrix -> matrix.bytes(index)).sum();
    }
}
