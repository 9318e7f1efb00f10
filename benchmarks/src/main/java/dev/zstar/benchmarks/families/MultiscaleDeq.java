package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.ImageShape;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.cells.Net;
import dev.zstar.solvers.cells.Value;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A multiscale deep equilibrium model (Bai, Koltun and Kolter 2020). The state is several images together, each of half the height and
 * width of the one before and with twice its channels; all of them reach their equilibrium at once. One step is, at each scale i,
 *
 * <pre>
 *   a_i = relu(norm(conv₃(z_i)))                       a residual block of two 3×3 convolutions
 *   h_i = norm(relu(norm(conv₃(a_i) + [i = 0] U x) + z_i))
 *   f_i = norm(conv₁(relu(h_i + Σ_j≠i path_{j→i}(h_j))))
 * </pre>
 *
 * <p>with group normalisation everywhere. The path from a finer to a coarser scale is a chain of 3×3 convolutions of stride 2; that from a
 * coarser to a finer one is a 1×1 convolution, enlarged by bilinear interpolation. The input is injected at the finest scale alone.
 *
 * <p>The features are the means of all channels over as many parts of an image as the coarsest scale has pixels: without their places,
 * digits were told apart less well.
 */
public final class MultiscaleDeq implements Body {
    /** First values: with them 29 to 38 evaluations of Anderson reach 10⁻¹⁰; with those of the cell 300 often reach nothing. */
    private static final double INJECTION = 8;
    private static final double GAIN = 0.1;
    /** Gains on the way back to the state. */
    private static final Pattern RETURNING = Pattern.compile("(block\\d\\.norm3|up\\d+\\.norm|fused\\d\\.norm)\\.weight");

    private final Engine engine;
    private final Options options;
    private final Allocation owned = new Allocation();
    private final CellMap map;
    private final EquilibriumLayer<CellGradients> layer;
    private final Block z;
    private final Block dz;
    private final List<Block> images;
    private final List<Block> pooled;
    private Outcome outcome;
    private CellGradients sum;

    /**
     * How a model is built and solved.
     *
     * @param type the element type
     * @param size height and width of the input and of the finest scale; a multiple of {@code 2^(scales - 1)}
     * @param inputChannels channels of the input
     * @param channels channels of the finest scale
     * @param scales the number of scales
     * @param groups the groups of each normalisation; divides {@code channels}
     * @param stopping the rule of the forward solve
     * @param mode how the equilibrium is differentiated
     */
    public record Options(Type type, int size, int inputChannels, int channels, int scales, int groups, Stopping stopping,
            GradientMode mode) implements Family {
        /** Checks that the scales are whole images and whole groups. */
        public Options {
            if (scales < 1 || scales > 8 || size < 1 || size % (1 << scales - 1) != 0) {
                throw new IllegalArgumentException("multiscale: the size is " + size + " for " + scales
                        + " scales, expected 1 to 8 scales and a multiple of 2^(scales - 1)");
            }
            if (groups < 1 || channels < 1 || channels % groups != 0) {
                throw new IllegalArgumentException("multiscale: the number of channels is " + channels + ", expected a multiple of the "
                        + groups + " groups");
            }
        }

        /** For the digits: 8×8, 4×4 and 2×2 pixels with c, 2c and 4c channels, to a tolerance of 10⁻³. */
        public static Options digits(Type type, int channels) {
            return new Options(type, 8, 1, channels, 3, 2, Stopping.relative(1e-3).within(60), GradientMode.exact(1e-2));
        }

        /** These options with other rules of the solves. */
        public Options with(Stopping stopping, GradientMode mode) {
            return new Options(type, size, inputChannels, channels, scales, groups, stopping, mode);
        }

        /** Pixels of a side of the coarsest scale. */
        int parts() {
            return size >> scales - 1;
        }

        /** The shape of scale i. */
        Shape.Image scale(int i) {
            return Shape.image(size >> i, size >> i, channels << i);
        }

        private Shape.Together state() {
            return Shape.together(IntStream.range(0, scales).mapToObj(this::scale).toArray(Shape[]::new));
        }

        /** The cell f(z, x). */
        public Cell cell() {
            return Cell.of(type, state(), Shape.image(size, size, inputChannels), this::network);
        }

        private Value network(Net net, Value z, Value x) {
            Value injection = net.convolveNoBias("inject", x, channels, 3, 1);
            List<Value> h = IntStream.range(0, scales).mapToObj(i -> block(net, i, z.part(i), injection)).toList();
            return net.together(IntStream.range(0, scales).mapToObj(i -> fuse(net, i, h)).toArray(Value[]::new));
        }

        /** The residual block of scale i. */
        private Value block(Net net, int i, Value z, Value injection) {
            String name = "block" + i;
            int width = channels << i;
            Value a = net.groupNorm(name + ".norm1", net.convolveNoBias(name + ".conv1", z, width, 3, 1), groups).relu();
            Value b = net.convolveNoBias(name + ".conv2", a, width, 3, 1);
            Value c = net.groupNorm(name + ".norm2", i == 0 ? b.plus(injection) : b, groups);
            return net.groupNorm(name + ".norm3", c.plus(z).relu(), groups);
        }

        /** The new state of scale i: the sum of what all scales send. */
        private Value fuse(Net net, int i, List<Value> h) {
            Value sum = h.get(i);
            for (int j = 0; j < scales; j++) {
                if (j != i) {
                    sum = sum.plus(j < i ? down(net, j, i, h.get(j)) : up(net, j, i, h.get(j)));
                }
            }
            String name = "fused" + i;
            return net.groupNorm(name + ".norm", net.convolveNoBias(name + ".conv", sum.relu(), channels << i, 1, 1), groups);
        }

        private Value down(Net net, int from, int to, Value h) {
            Value y = h;
            for (int k = from + 1; k <= to; k++) {
                String name = "down" + from + to + "." + k;
                y = net.groupNorm(name + ".norm", net.convolveNoBias(name + ".conv", y, channels << k, 3, 2), groups);
                y = k < to ? y.relu() : y;
            }
            return y;
        }

        private Value up(Net net, int from, int to, Value h) {
            String name = "up" + from + to;
            Value y = net.convolveNoBias(name + ".conv", h, channels << to, 1, 1);
            return net.groupNorm(name + ".norm", y, groups).upsample(1 << from - to);
        }

        @Override
        public int inputs() {
            return size * size * inputChannels;
        }

        @Override
        public int features() {
            return channels * ((1 << scales) - 1) * parts() * parts();
        }

        /**
         * Those of the cell, with other first values. A group norm undoes the scale of what it normalises, so that small weights do not
         * make the cell contract. What does is an injection that outweighs the state, and small gains on the way back to the state.
         */
        @Override
        public List<Parameter> descriptions() {
            return cell().descriptions().stream().map(Options::withFirstValues).toList();
        }

        private static Parameter withFirstValues(Parameter p) {
            Initialiser first = p.name().equals("inject.weight") ? Initialiser.fanIn(INJECTION)
                    : RETURNING.matcher(p.name()).matches() ? Initialiser.constant(GAIN)
                    : p.initialiser();
            return new Parameter(p.name(), p.rows(), p.cols(), p.dimensions(), p.order(), first);
        }

        @Override
        public MultiscaleDeq plan(Engine engine, int batch, Parameters parameters) {
            return new MultiscaleDeq(engine, this, batch, parameters);
        }
    }

    private MultiscaleDeq(Engine engine, Options options, int batch, Parameters parameters) {
        this.engine = engine;
        this.options = options;
        Type type = options.type();
        try {
            map = owned.add(options.cell().plan(engine, batch, parameters));
            layer = owned.add(EquilibriumLayer.plan(map, Deq.Options.accelerated(options.stopping(), options.mode())));
            z = owned.add(engine.allocate(type, batch, map.n()));
            dz = owned.add(engine.allocate(type, batch, map.n()));
            images = IntStream.range(0, options.scales())
                    .mapToObj(i -> owned.add(engine.allocate(type, batch, options.scale(i).size()))).toList();
            int places = options.parts() * options.parts();
            pooled = IntStream.range(0, options.scales())
                    .mapToObj(i -> owned.add(engine.allocate(type, batch, options.scale(i).width() * places))).toList();
        } catch (Throwable e) {
            owned.close();
            throw e;
        }
    }

    @Override
    public int forward(Block x, Block features) {
        z.head(x.rows()).fill(0);
        outcome = layer.forward(x, z.head(x.rows()));
        pool(x.rows(), features);
        return outcome.evaluations();
    }

    @Override
    public int infer(Block x, Block features) {
        z.head(x.rows()).fill(0);
        outcome = layer.infer(x, z.head(x.rows()));
        pool(x.rows(), features);
        return outcome.evaluations();
    }

    private void pool(int rows, Block features) {
        Shape.Together state = options.state();
        for (int i = 0, at = 0; i < images.size(); i++) {
            ImageShape shape = options.scale(i).pixels();
            images.get(i).head(rows).copyColumns(z.head(rows), state.offset(i), 0, shape.size());
            engine.images().downsample(shape, shape.height() / options.parts(), images.get(i).head(rows), pooled.get(i).head(rows));
            features.copyColumns(pooled.get(i).head(rows), 0, at, pooled.get(i).cols());
            at += pooled.get(i).cols();
        }
    }

    /** The transpose of {@link #pool}. */
    private void unpool(Block gradient) {
        int rows = gradient.rows();
        Shape.Together state = options.state();
        for (int i = 0, at = 0; i < images.size(); i++) {
            ImageShape shape = options.scale(i).pixels();
            pooled.get(i).head(rows).copyColumns(gradient, at, 0, pooled.get(i).cols());
            Block image = images.get(i).head(rows);
            engine.images().downsampleTransposed(shape, shape.height() / options.parts(), pooled.get(i).head(rows), image);
            dz.head(rows).copyColumns(image, 0, state.offset(i), shape.size());
            at += pooled.get(i).cols();
        }
    }

    @Override
    public boolean succeeded(int row) {
        return outcome.status(row).isSuccess();
    }

    @Override
    public int backward(Block gradient, Parameters sum) {
        unpool(gradient);
        if (this.sum == null || this.sum.parameters() != sum) {
            this.sum = new CellGradients(sum, null);
        }
        return layer.backward(dz.head(gradient.rows()), this.sum).evaluations();
    }

    @Override
    public void update() {
        map.update();
    }

    @Override
    public double depth(Block features) {
        return PlainSteps.count(map, features, outcome.worstResidual());
    }

    /** The cell with its parameters. */
    public CellMap map() {
        return map;
    }

    @Override
    public long bytes() {
        return map.bytes() + layer.bytes() + z.bytes() + dz.bytes() + poolBytes();
    }

    private long poolBytes() {
        return Stream.concat(images.stream(), pooled.stream()).mapToLong(Block::bytes).sum();
    }

    @Override
    public long forwardBytes() {
        return map.bytes() + layer.memory().forward() + z.bytes() + poolBytes();
    }

    @Override
    public void close() {
        owned.close();
    }
}
