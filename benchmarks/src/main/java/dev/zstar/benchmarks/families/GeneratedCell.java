package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;

/**
 * A dense cell with other weights in each row of the batch: {@code f(z) = tanh(s W z + U x + u)}, where W, U and u lie side by side in the
 * matrix {@code M = [W U u]} of the row, {@code n × (n + inputs + 1)}. The factor
 *
 * <pre>{@code s = c / √(1 + ‖M‖_F²)}</pre>
 *
 * <p>makes {@code ‖s W‖₂ < c}. For c up to 1 every such cell contracts, whatever its matrix, and s is a smooth function of it.
 *
 * <p>A step is one batched product of the matrices with the rows {@code [s z, x, 1]}. Once rows have left a solve, the products run row by
 * row, so that no matrix is moved. Not thread-safe.
 */
final class GeneratedCell implements EquilibriumMap<Block>, AutoCloseable {
    private final Engine engine;
    private final int batch;
    private final int n;
    private final int inputs;
    private final int width;
    private final double c;
    private final Allocation owned = new Allocation();
    /** By row of the batch: its matrix row by row, and the same block as {@code batch · n × width}. */
    private final Block weights;
    private final Block matrices;
    /** {@code [s z, x, 1]} and {@code [s v, 0, 0]}, by row of the batch. */
    private final Block affine;
    private final Block linear;
    /** φ', by row of the batch. */
    private final Block slope;
    /** By position: operands and results of products. */
    private final Block vector;
    private final Block result;
    private final Block wide;
    /** By row of the batch: s and {@code ‖M‖_F}. By position: factors of rows, and zeros. */
    private final double[] s;
    private final double[] norm;
    private final double[] factor;
    private final double[] inner;
    private final double[] zeros;
    private long version;
    private long linearisations;

    /** {@code n + inputs + 1} columns fill whole cache lines. */
    GeneratedCell(Engine engine, Type type, int batch, int n, int inputs, double c) {
        this.engine = engine;
        this.batch = batch;
        this.n = n;
        this.inputs = inputs;
        this.c = c;
        width = n + inputs + 1;
        try {
            weights = owned.add(engine.allocate(type, batch, n * width));
            matrices = weights.folded(n);
            affine = owned.add(engine.allocate(type, batch, width));
            linear = owned.add(engine.allocate(type, batch, width));
            slope = owned.add(engine.allocate(type, batch, n));
            vector = owned.add(engine.allocate(type, batch, n));
            result = owned.add(engine.allocate(type, batch, n));
            wide = owned.add(engine.allocate(type, batch, width));
        } catch (Throwable e) {
            owned.close();
            throw e;
        }
        s = new double[batch];
        norm = new double[batch];
        factor = new double[batch];
        inner = new double[batch];
        zeros = new double[batch];
    }

    /** The matrices of the first rows, one in each row of the block, for a generator to write. Call {@link #inject} afterwards. */
    Block weights(int rows) {
        return weights.head(rows);
    }

    @Override
    public void inject(Block x) {
        int rows = x.rows();
        version++;
        engine.norm(weights.head(rows), norm);
        affine.head(rows).copyColumns(x, 0, n, inputs);
        for (int b = 0; b < rows; b++) {
            s[b] = c / Math.hypot(1, norm[b]);
            affine.set(b, width - 1, 1);
        }
    }

    @Override
    public long version() {
        return version;
    }

    @Override
    public long linearisation() {
        return version + linearisations;
    }

    private static boolean inPlace(Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            if (rows.index(p) != p) {
                return false;
            }
        }
        return true;
    }

    /** {@code y_p = s_p x_p} with the s of the row at each position. */
    private void scale(Block x, Block y, Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            factor[p] = s[rows.index(p)];
        }
        engine.axpby(factor, x, zeros, y);
    }

    /** {@code out_p = [s v_p, …] Mᵀ}, where the block has the rest of the row: x and 1, or zeros. */
    private void product(Block v, Block rest, Block out, Rows rows) {
        int count = rows.count();
        Block scaled = vector.head(count);
        scale(v, scaled, rows);
        if (inPlace(rows)) {
            Block operand = rest.head(count);
            operand.copyColumns(scaled, 0, 0, n);
            engine.gemm(count, 1, operand, false, matrices.head(count * n), true, 0, out);
            return;
        }
        for (int p = 0; p < count; p++) {
            Block operand = rest.part(rows.index(p), batch);
            operand.copyColumns(vector.part(p, batch), 0, 0, n);
            engine.gemm(1, operand, false, matrices.part(rows.index(p), batch), true, 0, result.part(p, batch));
        }
        if (out != result.head(count)) {
            out.copyFrom(result.head(count));
        }
    }

    @Override
    public void apply(Block z, Block out, Rows rows) {
        product(z, affine, out, rows);
        engine.activate(Activation.TANH, out, out);
    }

    @Override
    public void linearise(Block z, Rows rows) {
        linearisations++;
        Block d = result.head(rows.count());
        product(z, affine, d, rows);
        engine.derivative(Activation.TANH, d, d);
        for (int p = 0; p < rows.count(); p++) {
            slope.copyRow(d, p, rows.index(p));
        }
    }

    /** {@code φ' ⊙ u} by position, in {@link #vector}. */
    private Block damped(Block u, Rows rows) {
        Block d = vector.head(rows.count());
        for (int p = 0; p < rows.count(); p++) {
            d.copyRow(slope, rows.index(p), p);
        }
        engine.multiply(u, d, d);
        return d;
    }

    /** {@code s Wᵀ (φ' ⊙ u)}. */
    @Override
    public void vjp(Block u, Block out, Rows rows) {
        int count = rows.count();
        Block d = damped(u, rows);
        if (inPlace(rows)) {
            engine.gemm(count, 1, d, false, matrices.head(count * n), false, 0, wide.head(count));
        } else {
            for (int p = 0; p < count; p++) {
                engine.gemm(1, vector.part(p, batch), false, matrices.part(rows.index(p), batch), false, 0, wide.part(p, batch));
            }
        }
        Block back = result.head(count);
        back.copyColumns(wide.head(count), 0, 0, n);
        scale(back, out, rows);
    }

    /** {@code φ' ⊙ (s W v)}. */
    @Override
    public void jvp(Block v, Block out, Rows rows) {
        product(v, linear, out, rows);
        Block tangent = result.head(rows.count());
        tangent.copyFrom(out);
        engine.copy(damped(tangent, rows), out);
    }

    /**
     * With {@code d = φ' ⊙ v} adds {@code ∂L/∂M = d [s z, x, 1]ᵀ + ⟨d, W z⟩ ∂s/∂M} to the rows of {@code sum}, where
     * {@code ∂s/∂M = -s M / (1 + ‖M‖_F²)}.
     *
     * @param sum {@code batch × n (n + inputs + 1)}, by row of the batch
     */
    @Override
    public void gradients(Block v, Block z, Block x, Rows rows, Block sum) {
        int count = rows.count();
        Block wz = result.head(count);
        product(z, linear, wz, rows);
        Block d = damped(v, rows);
        engine.dot(d, wz, inner);
        scale(z, result.head(count), rows);
        for (int p = 0; p < count; p++) {
            int b = rows.index(p);
            Block operand = affine.part(b, batch);
            operand.copyColumns(result.part(p, batch), 0, 0, n);
            engine.addOuter(vector.part(p, batch), operand, sum.folded(n).part(b, batch));
            // ⟨d, s W z⟩ has the factor s already.
            engine.axpy(-inner[p] / (1 + norm[b] * norm[b]), weights.part(b, batch), sum.part(b, batch));
        }
    }

    /** Bytes that this map holds, those of the generated matrices included. */
    @Override
    public long bytes() {
        return weights.bytes() + affine.bytes() + linear.bytes() + slope.bytes() + vector.bytes() + result.bytes() + wide.bytes();
    }

    @Override
    public void close() {
        owned.close();
    }
}
