package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Convolution;
import dev.zstar.kernels.ConvolutionWeights;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Format;
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
    private final Map<Weight, PackedMatrix> matrices = new LinkedHashMap<>();
    private final Map<String, ConvolutionWeights> convolutions = new LinkedHashMap<>();
    private final List<Runnable> updates = new ArrayList<>();
    /** By parameter: its place in the blocks of gradients. */
    private final Map<String, Integer> places = new HashMap<>();
    private final Map<Integer, Block> units = new HashMap<>();
    private Parameters sum;
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

    /** Ones, {@code 1 × cols}: a gain that changes nothing. */
    public Block unit(int cols) {
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
                : normalised.computeIfAbsent(w.parameter().name(), name -> new NormalisedMatrix(engine, memory, values, w));
        Block whole = source == null ? values(w.parameter()) : source.matrix();
        PackedMatrix packed = new PackedMatrix(this, memory, w, whole, narrow);
        updates.add(packed::update);
        return packed;
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
        return sum == null ? null : sum.blocks().get(places.get(p.name()));
    }

    /** Where the gradient of a matrix is added in this pass; null if it is not wanted. */
    Block gradient(Weight w) {
        NormalisedMatrix source = normalised.get(w.parameter().name());
        Block whole = source != null ? source.gradient() : gradient(w.parameter());
        return whole == null || w.parts() == 1 ? whole : whole.part(w.part(), w.parts());
    }

    /** Begins to add gradients to these. */
    public void begin(Parameters sum) {
        values.requireSame("gradients", "the gradients of the parameters", sum);
        this.sum = sum;
        normalised.values().forEach(NormalisedMatrix::clear);
    }

    /** Ends it: gradients of normalised matrices go on to their parameters. */
    public void end() {
        normalised.values().forEach(matrix -> matrix.addGradients(this));
        sum = null;
    }

    /** Takes the new values of all parameters. */
    public void update() {
        normalised.values().forEach(matrix -> matrix.update(1));
        updates.forEach(Runnable::run);
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

    /** The matrices in one format, in bytes. */
    public long bytes(int index) {
        long sum = 0;
        for (PackedMatrix matrix : matrices.values()) {
            sum += matrix.bytes(index);
        }
        return sum;
    }
}
