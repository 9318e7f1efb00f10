package dev.zstar.solvers.training;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.ReplicatedMap;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.guard.Arguments;

/**
 * The forward-backward splitting of {@code z = φ(W z + U x + b)} (Winston and Kolter 2020, section 3.3), as a map that any solver iterates:
 * {@code z ← φ((1 - α) z + α (W z + U x + b))}, with φ ReLU or the identity. Its fixed point is the cell's equilibrium.
 *
 * <p>If {@code I - W} is strongly monotone with constant m ({@link MonotoneWeights}) and {@code L = ‖I - W‖₂}, the map contracts for
 * {@code 0 < α < 2 m / L²}. For φ is nonexpansive, and {@code ‖I - α (I - W)‖² ≤ 1 - 2 α m + α² L²}. The bound is smallest,
 * {@code 1 - m² / L²}, for {@code α = m / L²}. Larger steps may converge, and accelerated solvers often converge with them, but without a
 * guarantee.
 *
 * <p>The map is itself a dense cell, with {@code (1 - α) I + α W}, {@code α U} and {@code α b}, so a step is one fused product. Solving
 * {@code (I - J_αᵀ) y = ∂L/∂z*} by plain iteration is the forward-backward splitting of the cell's backward solve (Winston and Kolter,
 * theorem 2). {@link #gradients} adds the gradients of W, U, b and x. As φ' is 0 or 1, the cell's own adjoint u satisfies
 * {@code φ' ⊙ u = α φ' ⊙ y}. Therefore {@link DenseCell#gradients} of a cell with W, U and b, at {@code α y}, adds the same.
 *
 * <p>Not thread-safe. Holds the cell, its weights, and one block:
 * {@code DenseCell.bytes() + Block.bytes(type, n, n) + Block.bytes(type, n, inputs) + Block.bytes(type, 1, n) + Block.bytes(type, batch,
 * n)}.
 */
public final class ForwardBackward extends Splitting implements EquilibriumMap<DenseCell.Gradients> {
    private final Block w;
    private final Block u;
    private final Block bias;
    private final Block scaled;
    private final DenseCell cell;
    /** The last record that {@link #gradients} was given, and its two parts. Kept, so that the next call allocates nothing. */
    private DenseCell.Gradients known;
    private DenseCell.Gradients parameters;
    private DenseCell.Gradients input;

    /**
     * For batches of up to {@code batch} rows. Copies the parameters.
     *
     * @param w {@code n × n}
     * @param u {@code n × inputs}
     * @param bias {@code 1 × n}
     * @param step α, above 0
     * @throws IllegalArgumentException if the activation is neither ReLU nor the identity, a shape does not fit, or an element is NaN or
     *     infinite, before or after it is scaled by α
     */
    public ForwardBackward(Engine engine, Activation activation, Block w, Block u, Block bias, double step, int batch) {
        super("forward-backward", engine, activation, w, u, bias, step, batch);
        try {
            this.w = memory.block(type, n, n);
            this.u = memory.block(type, n, inputs);
            this.bias = memory.block(type, 1, n);
            scaled = memory.block(type, batch, n);
            relax(w, u, bias);
            String scale = "forward-backward with α = " + step;
            Arguments.finite(scale, "(1 - α) I + α W", this.w);
            Arguments.finite(scale, "α U", this.u);
            Arguments.finite(scale, "α b", this.bias);
            cell = memory.add(new DenseCell(engine, activation, this.w, this.u, this.bias, batch), DenseCell::close, DenseCell::bytes);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
    }

    /**
     * The bound on steps, {@code 2 m / L²}: the splitting is known to converge for every smaller α. Half of it minimises the bound on the
     * contraction factor.
     */
    public static double largestStep(double m, double lipschitz) {
        Arguments.positive("largestStep", "m", m);
        Arguments.positive("largestStep", "L", lipschitz);
        return 2 * (m / lipschitz) / lipschitz;
    }

    private void relax(Block w, Block u, Block bias) {
        engine.axpby(α, w, 0, this.w);
        for (int i = 0; i < n; i++) {
            this.w.set(i, i, this.w.get(i, i) + (1 - α));
        }
        engine.axpby(α, u, 0, this.u);
        engine.axpby(α, bias, 0, this.bias);
    }

    /**
     * Takes new parameters of the same shapes. Call {@link #inject} again for every row. Allocates nothing, and does not look for NaN.
     */
    public void update(Block w, Block u, Block bias) {
        requireShapes("update", w, u, bias);
        relax(w, u, bias);
        cell.update(this.w, this.u, this.bias);
    }

    @Override
    public void inject(Block x) {
        cell.inject(x);
    }

    /** Sets the input of one row of the batch, for a stream. Reads x, {@code 1 × inputs}, and does not keep it. */
    public void inject(int row, Block x) {
        cell.inject(row, x);
    }

    @Override
    public long version() {
        return cell.version();
    }

    @Override
    public long linearisation() {
        return cell.linearisation();
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        cell.apply(z, out, rows);
    }

    @Override
    public ReplicatedMap replicas() {
        return cell.replicas();
    }

    @Override
    public LinearOperator adjoint() {
        return cell.adjoint();
    }

    @Override
    public void linearise(Block z, Rows rows) {
        cell.linearise(z, rows);
    }

    @Override
    public void vjp(Block u, Block out, Rows rows) {
        cell.vjp(u, out, rows);
    }

    @Override
    public void jvp(Block v, Block out, Rows rows) {
        cell.jvp(v, out, rows);
    }

    /**
     * Adds the gradients of W, U, b and x themselves, not of {@code α W}, {@code α U} and {@code α b}. Allocates nothing if {@code sum} is
     * the record of the last call.
     */
    @Override
    public void gradients(Block v, Block z, Block x, Rows rows, DenseCell.Gradients sum) {
        Arguments.present("gradients", "v", v).requireShape("gradients", "v", type, rows.count(), n);
        // Before anything is added to the parameters' gradients.
        if (Arguments.present("gradients", "the record of gradients", sum).x() != null) {
            sum.x().requireShape("gradients", "the gradient of x", type, sum.x().rows(), inputs);
            for (int p = 0; p < rows.count(); p++) {
                Arguments.atLeast("gradients", "the number of rows of the gradient of x", sum.x().rows(), rows.index(p) + 1);
            }
            Arguments.disjoint("gradients", "the gradient of x", sum.x(), "that of W", sum.w());
            Arguments.disjoint("gradients", "the gradient of x", sum.x(), "that of U", sum.u());
            Arguments.disjoint("gradients", "the gradient of x", sum.x(), "that of b", sum.b());
            Arguments.disjoint("gradients", "the gradient of x", sum.x(), "v", v);
            Arguments.disjoint("gradients", "the gradient of x", sum.x(), "z", z);
            Arguments.disjoint("gradients", "the gradient of x", sum.x(), "x", x);
        }
        if (!sum.equals(known)) {
            known = sum;
            parameters = new DenseCell.Gradients(sum.w(), sum.u(), sum.b(), null);
            input = new DenseCell.Gradients(null, null, null, sum.x());
        }
        // ∂L/∂W is α times the gradient of α W. The gradient of x needs no factor: the cell has α U.
        Block αv = scaled.head(v.rows());
        engine.axpby(α, v, 0, αv);
        cell.gradients(αv, z, x, rows, parameters);
        if (sum.x() != null) {
            cell.gradients(v, z, x, rows, input);
        }
    }

    /** Bytes that this object holds. The first {@link #vjp} adds a transposed copy of W, and the first gradient of x one of U. */
    @Override
    public long bytes() {
        return memory.bytes();
    }
}
