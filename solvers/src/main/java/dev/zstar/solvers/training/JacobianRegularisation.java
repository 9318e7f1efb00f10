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
 * {@code R = ‖J‖_F² / n} at the equilibrium, the mean over the batch, so that R is the mean square of the singular values of J and does not
 * grow with n or B. Hutchinson (1990) estimates it with one random ε for each row of the batch, of independent elements with mean 0 and
 * variance 1: {@code R ≈ 1 / (B n) Σ_b ‖J_bᵀ ε_b‖²}, since {@code E ‖Jᵀε‖² = tr J Jᵀ}. It is unbiased, and so is its gradient; more probes
 * are the mean of more calls, with the weight divided by their number.
 *
 * <p>A step of training: solve and linearise; {@link #estimate}; {@link #gradients}, which adds what R says of the parameters directly, and
 * to the gradient of the loss by z what it says by way of the equilibrium; then the backward solve with that gradient, and
 * {@link TwiceDifferentiableMap#gradients}.
 *
 * <p>Holds three blocks: {@code 3 Block.bytes(type, batch, n)}.
 */
public final class JacobianRegularisation implements AutoCloseable {
    /** How the elements of ε are distributed. */
    public enum Probe {
        /** Normally, as in the paper; the variance of {@code ‖Jᵀε‖²} is {@code 2 ‖J Jᵀ‖_F²}. */
        GAUSSIAN,
        /** 1 or -1, each with probability 1/2: the variance lacks {@code 2 Σ_i (J Jᵀ)_ii²}, the least of all distributions. */
        RADEMACHER
    }

    private final Engine engine;
    private final int n;
    private final Probe probe;
    private final Random random;
    private final Rows all;
    /** Those of the last estimate, a copy; their number is 0 until there is one. */
    private final Rows drawn;
    private final Block ε;
    /** {@code Jᵀ ε}. */
    private final Block y;
    private final Block scaled;
    private final double[] lengths;
    private final OwnedMemory memory;
    /** What the last estimate was of. */
    private DifferentiableMap estimated;
    private long linearisation;

    /**
     * For batches of up to {@code batch} rows of {@code n} elements.
     *
     * @param seed of {@link Random}, whose sequence is specified: the same probes on every engine and every runtime
     */
    public JacobianRegularisation(Engine engine, Type type, int batch, int n, Probe probe, long seed) {
        if (n < 1 || batch < 1) {
            throw new IllegalArgumentException("Jacobian regularisation: " + batch + " rows of " + n + ", expected at least 1 of each");
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
     * Draws a new ε for each row and returns the estimate of R, at the points last given to {@link DifferentiableMap#linearise}. One
     * product with Jᵀ. Alone it monitors R, of any differentiable map; it takes the place of the estimate before all the same, and the next
     * draws other probes.
     *
     * @param rows of the batch, any of those that were linearised, such as the ones that have an equilibrium; R is their mean
     */
    public double estimate(DifferentiableMap f, Rows rows) {
        int count = rows.count();
        requireRows(count);
        for (int p = 0; p < count; p++) {
            for (int i = 0; i < n; i++) {
                ε.set(p, i, probe == Probe.GAUSSIAN ? random.nextGaussian() : random.nextBoolean() ? 1 : -1);
            }
        }
        // An estimate that fails leaves none behind.
        drawn.reset(0);
        Block product = y.head(count);
        f.vjp(ε.head(count), product, rows);
        engine.norm(product, lengths);
        double mean = 0;
        for (int p = 0; p < count; p++) {
            // Squared last: R may be in range where the sum of squares is not.
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
     * The same for a batch whose rows are all there, each at its own position.
     *
     * @param rows of the batch, from 0, all of which were linearised
     */
    public double estimate(DifferentiableMap f, int rows) {
        requireRows(rows);
        all.reset(rows);
        return estimate(f, all);
    }

    private void requireRows(int rows) {
        if (rows < 1 || rows > ε.rows()) {
            throw new IllegalArgumentException("estimate: " + rows + " rows, expected 1 to " + ε.rows());
        }
    }

    /**
     * Adds {@code weight · ∂R}, of the last {@link #estimate}: {@code ∂R = 2 / (B n) Σ_b ∂⟨c_b, J_bᵀ ε_b⟩} with {@code c = Jᵀε} held fixed
     * and B the rows of that estimate. Position p of z, x and dz belongs to its row {@code rows.index(p)}.
     *
     * @param weight γ, what R is multiplied by in the loss
     * @param z the points that were linearised, {@code rows × n}
     * @param x the input that was injected, {@code rows × inputs}
     * @param sum added to: what R says of parameters and input at a fixed point, that of the input by row of the batch
     * @param dz added to, {@code rows × n}: what R says of the point, a part of the backward solve's right-hand side; null where it is not
     *     wanted
     */
    public <G> void gradients(TwiceDifferentiableMap<G> f, double weight, Block z, Block x, G sum, Block dz) {
        int count = drawn.count();
        if (count == 0) {
            throw new IllegalStateException("gradients: there are no probes yet, expected a call of estimate before");
        }
        if (!Double.isFinite(weight)) {
            throw new IllegalArgumentException("gradients: the weight is " + weight + ", expected a finite number");
        }
        if (!f.equals(estimated)) {
            throw new IllegalArgumentException("gradients: the last estimate was of another map, expected the one that estimate was given");
        }
        if (f.linearisation() != linearisation) {
            throw new IllegalStateException("gradients: the map has another point of linearisation than in the last estimate; "
                    + "expected linearise, estimate and gradients in this order, and neither update nor inject between them");
        }
        z.requireShape("gradients", "z", ε.type(), count, n);
        Block c = scaled.head(count);
        engine.axpby(2 * weight / ((double) count * n), y.head(count), 0, c);
        f.secondGradients(c, ε.head(count), z, x, drawn, sum, dz);
    }

    /** Bytes that this holds. */
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
