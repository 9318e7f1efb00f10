package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * A network of L layers {@code z_{l+1} = f(z_l, x; θ_l)} from {@code z_0 = 0}, of any cell f, and backpropagation through it:
 *
 * <pre>
 *   v_L = ∂L/∂z_L,   v_l = J_lᵀ v_{l+1},   ∂L/∂θ_l = v_{l+1}ᵀ ∂f/∂θ_l        J_l = ∂f/∂z at z_l
 * </pre>
 *
 * <p>Tied layers share θ: that is the network which an equilibrium replaces. Untied layers have parameters of their own, named
 * {@code layer<l>.<name>}.
 *
 * <p>It keeps all states {@code z_0 … z_{L-1}}, or every s-th with {@code s = ⌈√L⌉} (Chen, Xu, Zhang and Guestrin 2016). Then it
 * computes the states between two of them again. {@link Options#stateBytes} is the memory of both. The bits of the gradients are the same.
 */
public final class StandardNetwork implements Body {
    private final Engine engine;
    private final int layers;
    private final int spacing;
    private final Allocation owned = new Allocation();
    /** One map if the layers are tied, or one for each. */
    private final List<CellMap> maps = new ArrayList<>();
    private final List<List<Parameter>> named = new ArrayList<>();
    private final Block[] kept;
    /** The states between two that are kept. */
    private final Block[] between;
    private final Block cotangent;
    private final Block other;
    private final Rows rows;
    private final Cell cell;
    private Block x;
    private Parameters sum;
    private CellGradients[] sums;

    /**
     * A network.
     *
     * @param cell f
     * @param layers L, at least 1
     * @param tied whether all layers share their parameters
     * @param checkpointed whether only every ⌈√L⌉-th state is kept
     */
    public record Options(Cell cell, int layers, boolean tied, boolean checkpointed) implements CellFamily {
        /** Checks the number of layers. */
        public Options {
            Objects.requireNonNull(cell, "standard network: the cell is null");
            if (layers < 1) {
                throw new IllegalArgumentException("standard network: the number of layers is " + layers + ", expected at least 1");
            }
        }

        /** Layers {@code tanh(W z + U x + b)} of n elements. */
        public static Options dense(Type type, int n, int inputs, int layers, boolean tied, boolean checkpointed) {
            return new Options(DenseCell.network(type, Activation.TANH, n, inputs), layers, tied, checkpointed);
        }

        /** The distance of two states that are kept: 1 or {@code ⌈√L⌉}. */
        public int spacing() {
            return checkpointed ? (int) Math.ceil(Math.sqrt(layers)) : 1;
        }

        /**
         * The bytes of all states and cotangents: {@code ⌈L/s⌉ + s + 1} blocks of {@code batch × n}, which is {@code L + 2} with s = 1 and
         * about {@code 2 √L} with checkpoints.
         */
        public long stateBytes(int batch) {
            int s = spacing();
            return (Math.ceilDiv(layers, s) + s + 1) * Block.bytes(cell.type(), batch, cell.n());
        }

        /** Evaluations that a backward pass repeats: {@code s - 1} for each part but the last, whose states are still there. */
        public int repeated() {
            return (Math.ceilDiv(layers, spacing()) - 1) * (spacing() - 1);
        }

        @Override
        public List<Parameter> descriptions() {
            return tied ? cell.descriptions()
                    : IntStream.range(0, layers).mapToObj(this::layer).flatMap(List::stream).toList();
        }

        /** The parameters of layer l. */
        private List<Parameter> layer(int l) {
            return tied ? cell.descriptions()
                    : cell.descriptions().stream().map(p -> new Parameter("layer" + l + "." + p.name(), p.rows(), p.cols(), p.dimensions(),
                            p.order(), p.initialiser())).toList();
        }

        @Override
        public StandardNetwork plan(Engine engine, int batch, Parameters parameters) {
            return new StandardNetwork(engine, this, batch, parameters);
        }
    }

    private StandardNetwork(Engine engine, Options options, int batch, Parameters parameters) {
        this.engine = engine;
        layers = options.layers();
        spacing = options.spacing();
        cell = options.cell();
        try {
            for (int l = 0; l < (options.tied() ? 1 : layers); l++) {
                named.add(options.layer(l));
                maps.add(owned.add(cell.plan(engine, batch, view(parameters, l))));
            }
            kept = blocks(Math.ceilDiv(layers, spacing), batch);
            between = blocks(spacing - 1, batch);
            Block[] two = blocks(2, batch);
            cotangent = two[0];
            other = two[1];
        } catch (Throwable e) {
            owned.close();
            throw e;
        }
        rows = new Rows(batch);
    }

    private Block[] blocks(int count, int batch) {
        Block[] blocks = new Block[count];
        for (int i = 0; i < count; i++) {
            blocks[i] = owned.add(engine.allocate(cell.type(), batch, cell.n()));
        }
        return blocks;
    }

    /** The parameters of layer l by the names of the cell. */
    private Parameters view(Parameters all, int l) {
        return Parameters.of(cell.type(), cell.descriptions(), named.get(l).stream().map(p -> all.get(p.name())).toList());
    }

    private CellMap map(int l) {
        return maps.size() == 1 ? maps.getFirst() : maps.get(l);
    }

    /** z_l of the present rows, if it is in memory. */
    private Block state(int l) {
        Block block = l % spacing == 0 ? kept[l / spacing] : between[l % spacing - 1];
        return block.head(rows.count());
    }

    @Override
    public int forward(Block x, Block features) {
        this.x = x;
        rows.reset(x.rows());
        for (CellMap map : maps) {
            map.inject(x);
        }
        state(0).fill(0);
        for (int l = 0; l < layers; l++) {
            map(l).apply(state(l), l + 1 == layers ? features : state(l + 1), rows);
        }
        return layers;
    }

    @Override
    public boolean succeeded(int row) {
        return true;
    }

    @Override
    public int backward(Block gradient, Parameters sum) {
        if (this.sum != sum) {
            this.sum = sum;
            sums = IntStream.range(0, maps.size()).mapToObj(l -> new CellGradients(view(sum, l), null)).toArray(CellGradients[]::new);
        }
        Block v = cotangent.head(rows.count());
        Block back = other.head(rows.count());
        v.copyFrom(gradient);
        int spent = 0;
        for (int end = layers; end > 0;) {
            int first = (end - 1) / spacing * spacing;
            // The states of the last part are those that the forward pass left.
            for (int l = first; end < layers && l + 1 < end; l++, spent++) {
                map(l).apply(state(l), state(l + 1), rows);
            }
            for (int l = end - 1; l >= first; l--) {
                map(l).linearise(state(l), rows);
                map(l).gradients(v, state(l), x, rows, sums[maps.size() == 1 ? 0 : l]);
                if (l > 0) {
                    map(l).vjp(v, back, rows);
                    spent++;
                    Block swap = v;
                    v = back;
                    back = swap;
                }
            }
            end = first;
        }
        return spent;
    }

    @Override
    public void update() {
        maps.forEach(CellMap::update);
    }

    @Override
    public double depth(Block features) {
        return layers;
    }

    /** The bytes of the maps: packed matrices, and intermediate values of one layer for each map. */
    public long mapBytes() {
        return maps.stream().mapToLong(CellMap::bytes).sum();
    }

    @Override
    public long bytes() {
        return mapBytes() + (kept.length + between.length) * kept[0].bytes() + cotangent.bytes() + other.bytes();
    }

    /** Two states are enough. */
    @Override
    public long forwardBytes() {
        return mapBytes() + 2 * kept[0].bytes();
    }

    @Override
    public void close() {
        owned.close();
    }
}
