package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.LayerMethods;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;

/** The equilibrium {@code z* = f(z*, x)} of a cell (Bai, Kolter and Koltun 2019), from {@code z = 0}. */
public final class Deq implements Body {
    private final Allocation owned = new Allocation();
    private final CellMap map;
    private final EquilibriumLayer<CellGradients> layer;
    private CellGradients sum;
    private Outcome outcome;

    /**
     * Which equilibrium, and how it is solved and differentiated.
     *
     * @param cell f
     * @param stopping of the forward solve
     * @param mode how the equilibrium is differentiated
     */
    public record Options(Cell cell, Stopping stopping, GradientMode mode) implements CellFamily {
        /**
         * {@code f = W₂ relu(W₁ z + U x + b)} with {@code ‖W₂‖₂ ≤ 0.9} and {@code ‖W₁‖₂ ≤ 0.7}, to 10⁻⁴, with exact gradients.
         *
         * @param hidden elements of the hidden layer
         */
        public static Options hidden(Type type, int n, int hidden, int inputs) {
            Cell cell = Cell.of(type, Shape.vector(n), Shape.vector(inputs), (net, z, x) -> {
                var u = net.weight("u", hidden, inputs, Initialiser.normal(1 / Math.sqrt(inputs)));
                var inner = net.product(net.spectralNorm("w1", hidden, n, 0.7), z).plus(net.bias("b", net.product(u, x)));
                return net.product(net.spectralNorm("w2", n, hidden, 0.9), inner.relu());
            });
            return new Options(cell, Stopping.relative(1e-4), GradientMode.DEFAULT);
        }

        /** {@code f = tanh(W z + U x + b)} with {@code ‖W‖₂ ≤ 0.9}, to 10⁻⁴, with exact gradients. */
        public static Options dense(Type type, int n, int inputs) {
            Cell cell = Cell.of(type, Shape.vector(n), Shape.vector(inputs), (net, z, x) -> {
                var u = net.weight("u", n, inputs, Initialiser.normal(1 / Math.sqrt(inputs)));
                return net.product(net.spectralNorm("w", n, n, 0.9), z).plus(net.bias("b", net.product(u, x))).activate(Activation.TANH);
            });
            return new Options(cell, Stopping.relative(1e-4), GradientMode.DEFAULT);
        }

        @Override
        public Deq plan(Engine engine, int batch, Parameters parameters) {
            return new Deq(engine, this, batch, parameters);
        }
    }

    private Deq(Engine engine, Options options, int batch, Parameters parameters) {
        try {
            map = owned.add(options.cell().plan(engine, batch, parameters));
            // Both passes share their memory.
            layer = owned.add(EquilibriumLayer.plan(map, LayerMethods.of(
                    workspace -> Anderson.plan(workspace, Anderson.Options.DEFAULT, options.stopping()), options.mode())));
        } catch (Throwable e) {
            owned.close();
            throw e;
        }
    }

    @Override
    public int forward(Block x, Block features) {
        features.fill(0);
        outcome = layer.forward(x, features);
        return outcome.evaluations();
    }

    @Override
    public int infer(Block x, Block features) {
        features.fill(0);
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
    public long bytes() {
        return map.bytes() + layer.bytes();
    }

    @Override
    public void close() {
        owned.close();
    }
}
