package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.ode.OdeGradientMode;
import dev.zstar.solvers.ode.OdeLayer;
import dev.zstar.solvers.ode.OdeOutcome;
import dev.zstar.solvers.ode.StepControl;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;

/** The state at t = 1 of {@code dz/dt = f(z, x)} (Chen et al. 2018). */
public final class NeuralOde implements Body {
    private final Options options;
    private final Allocation owned = new Allocation();
    private final CellMap map;
    private final OdeLayer<CellGradients> layer;
    private CellGradients sum;
    private OdeOutcome outcome;

    /**
     * Which equation, and how it is solved and differentiated.
     *
     * @param cell f
     * @param isFlow whether {@code z(0) = x}, so that the model is a homeomorphism of the space of the inputs; else {@code z(0) = 0}
     * @param control of the steps
     * @param mode how the solution is differentiated
     */
    public record Options(Cell cell, boolean isFlow, StepControl control, OdeGradientMode mode) implements CellFamily {
        private static final StepControl CONTROL = StepControl.tolerances(1e-3, 1e-3);

        /** {@code f = tanh(W z + U x + b) - z} from {@code z(0) = 0}, to 10⁻³, with the exact gradient of the steps taken. */
        public static Options dense(Type type, int n, int inputs) {
            Cell cell = Cell.of(type, Shape.vector(n), Shape.vector(inputs), (net, z, x) -> {
                var u = net.weight("u", n, inputs, Initialiser.normal(1 / Math.sqrt(inputs)));
                return net.product(net.weight("w", n, n), z).plus(net.bias("b", net.product(u, x))).tanh().minus(z);
            });
            return new Options(cell, false, CONTROL, OdeGradientMode.DEFAULT);
        }

        /** {@code f = W₂ tanh(W₁ z + b₁) + b₂} from {@code z(0) = x}: a flow of the space of the inputs. */
        public static Options flow(Type type, int n, int hidden) {
            Cell cell = Cell.of(type, Shape.vector(n), Shape.vector(n),
                    (net, z, x) -> net.linear("out", net.linear("in", z, hidden).tanh(), n));
            return new Options(cell, true, CONTROL, OdeGradientMode.DEFAULT);
        }

        /** These options with another control of the steps, and another gradient. */
        public Options with(StepControl control, OdeGradientMode mode) {
            return new Options(cell, isFlow, control, mode);
        }

        @Override
        public NeuralOde plan(Engine engine, int batch, Parameters parameters) {
            return new NeuralOde(engine, this, batch, parameters);
        }
    }

    private NeuralOde(Engine engine, Options options, int batch, Parameters parameters) {
        this.options = options;
        try {
            map = owned.add(options.cell().plan(engine, batch, parameters));
            layer = owned.add(OdeLayer.plan(map, 0, 1, options.control(), options.mode()));
        } catch (Throwable e) {
            owned.close();
            throw e;
        }
    }

    private void start(Block x, Block z) {
        if (options.isFlow()) {
            z.copyFrom(x);
        } else {
            z.fill(0);
        }
    }

    @Override
    public int forward(Block x, Block features) {
        start(x, features);
        outcome = layer.forward(x, features);
        return outcome.evaluations();
    }

    @Override
    public int infer(Block x, Block features) {
        start(x, features);
        outcome = layer.infer(x, features);
        return outcome.evaluations();
    }

    @Override
    public boolean succeeded(int row) {
        return outcome.status(row).isSuccess();
    }

    @Override
    public int backward(Block gradient, Parameters sum) {
        if (this.sum == null || this.sum.parameters() != sum) {
            this.sum = new CellGradients(sum, null);
        }
        return layer.backward(gradient, this.sum).evaluations();
    }

    @Override
    public void update() {
        map.update();
    }

    @Override
    public double depth(Block features) {
        return outcome.evaluations();
    }

    @Override
    public long bytes() {
        return map.bytes() + layer.bytes();
    }

    @Override
    public long forwardBytes() {
        return map.bytes() + layer.solver().bytes();
    }

    @Override
    public void close() {
        owned.close();
    }
}
