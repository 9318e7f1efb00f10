package dev.zstar.solvers.training;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.TwiceDifferentiableMap;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.OwnedMemory;
import java.util.Random;

/**
 * The regulariser of Bai, Koltun and Kolter (2021, "Stabilizing equilibrium models by Jacobian regularization", section 4):
 * {@code R = ‖J‖_F² / n} at the equilibrium, averaged over the batch. R is the mean square of the singular values of J, and does not grow
 * with n or B. Hutchinson (1990) estimates it with a random ε for each row, of independent elements with mean 0 and variance 1:
 *
 * <pre>{@code R ≈ 1 / (B n) Σ_b ‖J_bᵀ ε_b‖²,   since E ‖Jᵀε‖² = tr J Jᵀ.}</pre>
 *
 * <p>The estimate is unbiased, and so is its gradient. To use several probes, call {@link #estimate} and {@link #gradients} several times,
 * and divide the weight by the number of calls.
 *
 * <p>A step of training with the weight γ:
 *
 * <ol>
 *   <li>Solve, and linearise the map at the solution.
 *   <li>Call {@link #estimate}.
 *   <li>Call {@link #gradients}. It adds γ ∂R/∂θ at fixed z to the gradients of the parameters, and γ ∂R/∂z to ∂L/∂z.
 *   <li>Solve backward with that gradient as the right-hand side, and call {@link TwiceDifferentiableMap#gradients}.
 * </ol>
 *
 * <p>Not thread-safe. Holds three blocks: {@code 3 Block.bytes(type, batch, n)}.
 */
public final class JacobianRegularisation implements AutoCloseable {
    /** How the elements of ε are distributed. */
    public enum Probe {
        /** Normal, as in the paper. The variance of {@code ‖Jᵀε‖²} is {@code 2 ‖J Jᵀ‖_F²}. */
        GAUSSIAN,
        /**
         * 1 or -1, each with probability 1/2. The variance is smaller by {@code 2 Σ_i (J Jᵀ)_ii²}, and minimal among all such
         * distributions.
         */
        RADEMACHER
    }

    private final Engine engine;
    private final int n;
    private final Probe probe;
    private final Random random;
    private final Rows all;
    /** A copy of the rows of the last estimate; empty before the first. */
    private final Rows drawn;
    private final Block ε;
    /** {@code Jᵀ ε}. */
    private final Block y;
    private final Block scaled;
    private final double[] lengths;
    private final OwnedMemory memory;
    /** The map of the last estimate, and its linearisation then. */
    private DifferentiableMap estimated;
    private long linearisation;

    /**
     * For batches of up to {@code batch} rows of {@code n} elements.
     *
     * @param seed the seed of a {@link Random}, whose sequence is specified: the probes are the same on every engine and in every Java
     *     runtime
     */
    public JacobianRegularisation(Engine engine, Type type, int batch, int n, Probe probe, long seed) {
        if (n < 1 || batch < 1) {
            throw new IllegalArgumentException(
                    "Jacobian regularisation: batch = " + batch + " and n = " + n + ", expected at least 1 for both");
        }
        this.engine = Arguments.present("Jacobian regularisation", "the engine", engine);
        this.n = n;
        this.probe = Arguments.present("Jacobian regularisation", "the probe", probe);
        Arguments.present("Jacobian regularisation", "the type", type);
        random = new Random(seed);
        all = new Rows(batch);
        drawn = new Rows(batch);
        drawn.reset(0);
        memory = new OwnedMemory(engine);
        try {
            ε = memory.block(type, batch, n);
            y = memory.block(type, batch, n);
            scaled = memory.block(type, batch, n);
        } catch (Throwable e) {
            memory.close();
            throw e;
        }
        lengths = new double[batch];
    }

    /**
     * Draws a new ε for each row, and returns the estimate of R at the points last given to {@link DifferentiableMap#linearise}. Takes one
     * product with Jᵀ. Used without {@link #gradients} it can monitor R for any differentiable map. Each estimate draws new probes and
     * replaces the last.
     *
     * @param rows any of the rows that were linearised, such as those with an equilibrium; R is their mean
     */
    public double estimate(DifferentiableMap f, Rows rows) {
        Arguments.present("estimate", "the map", f);
        int count = Arguments.present("estimate", "the set of rows", rows).count();
        requireRows(count);
        for (int p = 0; p < count; p++) {
            for (int i = 0; i < n; i++) {
                ε.set(p, i, probe == Probe.GAUSSIAN ? random.nextGaussian() : random.nextBoolean() ? 1 : -1);
            }
        }
        // If this estimate fails, there is none.
        drawn.reset(0);
        Block product = y.head(count);
        f.vjp(ε.head(count), product, rows);
        engine.norm(product, lengths);
        double mean = 0;
        for (int p = 0; p < count; p++) {
            // Squared last, since R may be in range even if the sum of squares is not.
            double length = lengths[p] / Math.sqrt((double) count * n);
            mean += length * length;
        }
        estimated = f;
        linearisation = f.linearisation();
        drawn.reset(count);
        for (int p = 0; p < count; p++) {
            drawn.place(p, rows.index(p));
        }
        return mean;
    }

    /**
     * The same for the first rows of the batch, each at its own position.
     *
     * @param rows the number of rows, all of which were linearised
     */
    public double estimate(DifferentiableMap f, int rows) {
        requireRows(rows);
        all.reset(rows);
        return estimate(f, all);
    }

    private void requireRows(int rows) {
        if (rows < 1 || rows > ε.rows()) {
            throw new IllegalArgumentException("estimate: the number of rows is " + rows + ", expected 1 to " + ε.rows());
        }
    }

    /**
     * Adds {@code weight · ∂R}, of the last {@link #estimate}: {@code ∂R = 2 / (B n) Σ_b ∂⟨c_b, J_bᵀ ε_b⟩}, with {@code c = Jᵀε} held fixed
     * and B the number of rows of that estimate. Position p of z, x and dz belongs to row {@code rows.index(p)} of that estimate.
     *
     * @param weight γ, the factor of R in the loss
     * @param z the points that were linearised, {@code rows × n}
     * @param x the input that was injected, {@code rows × inputs}
     * @param sum where the gradients at fixed z are added; that of the input is ordered by row of the batch
     * @param dz {@code rows × n}, or null if not wanted: where the gradient with respect to z is added, which is part of the right-hand
     *     side of the backward solve
     */
    public <G> void gradients(TwiceDifferentiableMap<G> f, double weight, Block z, Block x, G sum, Block dz) {
        int count = drawn.count();
        if (count == 0) {
            throw new IllegalStateException("gradients: there is no estimate yet, expected a call of estimate first");
        }
        if (!Double.isFinite(weight)) {
            throw new IllegalArgumentException("gradients: the weight is " + weight + ", expected a finite number");
        }
        if (!Arguments.present("gradients", "the map", f).equals(estimated)) {
            throw new IllegalArgumentException("gradients: this map is not that of the last estimate, expected the same map in both calls");
        }
        if (f.linearisation() != linearisation) {
            throw new IllegalStateException("gradients: the map was linearised or changed after the last estimate, expected linearise, "
                    + "estimate and gradients in this order, with neither update nor inject in between");
        }
        Arguments.present("gradients", "z", z).requireShape("gradients", "z", ε.type(), count, n);
        Block c = scaled.head(count);
        engine.axpby(2 * weight / ((double) count * n), y.head(count), 0, c);
        f.secondGradients(c, ε.head(count), z, x, drawn, sum, dz);
    }

    /** Bytes that this object holds. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
