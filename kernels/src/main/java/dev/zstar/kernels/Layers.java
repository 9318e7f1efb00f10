package dev.zstar.kernels;

/**
 * Operations of neural layers other than products, each with its vector-Jacobian product: gated units, softmax, normalisations, dropout,
 * rotary positions and attention. Part of an engine: see {@link Engine#layers}.
 *
 * <p>A row is a sample or a token. The conventions are those of {@link Engine}, but the results of attention depend on the whole sequence,
 * not only on the row. Sums are accumulated in f64. NaN passes through. Once a method has run with a given size, further calls allocate
 * nothing.
 *
 * <p>Elements may have any finite scale. If the range of f32 is too small, the computation runs in f64; if that of f64 is too small, the
 * squares are scaled. Gradients may have any scale too, as long as {@code gain ⊙ dy} is normal or 0. The reciprocals in {@code stats} are
 * at most the largest f64, so with {@code eps = 0} a row of zeros becomes 0. Scores of attention, and their gradients, must be in the
 * range of f64.
 */
public interface Layers {
    // ---- gated units

    /**
     * {@code out = φ(g) ⊙ u}: the gate of SwiGLU with {@link Activation#SILU}, of GEGLU with {@link Activation#GELU}, of GLU with
     * {@link Activation#SIGMOID} (Shazeer 2020).
     *
     * @param u of the shape of {@code g}
     * @param out of the shape of {@code g}; may be {@code g} or {@code u}
     */
    void gate(Activation activation, Block g, Block u, Block out);

    /**
     * The vector-Jacobian products of {@link #gate}: {@code dg = φ'(g) ⊙ u ⊙ dy} and {@code du = φ(g) ⊙ dy}. Products are formed from left
     * to right, so {@code φ'(g) ⊙ u} must be in the range of the type.
     *
     * @param dy the gradient of {@code out}
     * @param dg of the shape of {@code g}; may be {@code g}, {@code u} or {@code dy}
     * @param du of the shape of {@code g}; may be another of {@code g}, {@code u} and {@code dy}
     */
    void gateVjp(Activation activation, Block g, Block u, Block dy, Block dg, Block du);

    /**
     * The Jacobian-vector product of {@link #gate}: {@code out = φ'(g) ⊙ u ⊙ dg + φ(g) ⊙ du}, again from left to right.
     *
     * @param dg the tangent of {@code g}
     * @param du the tangent of {@code u}
     * @param out of the shape of {@code g}; may be any of the others
     */
    void gateJvp(Activation activation, Block g, Block u, Block dg, Block du, Block out);

    // ---- softmax

    /**
     * {@code out_i = exp(x_i - max x) / Σ_j exp(x_j - max x)} for each row. Terms below the smallest normal number count as 0. A row with
     * {@code +∞} or NaN in it, or of {@code -∞} only, becomes NaN.
     *
     * @param out of the shape of {@code x}, which it may be
     */
    void softmax(Block x, Block out);

    /**
     * {@code dx = y ⊙ (dy - ⟨y, dy⟩)}.
     *
     * @param y what {@link #softmax} returned
     * @param dx of the shape of {@code y}; may be {@code dy}
     */
    void softmaxVjp(Block y, Block dy, Block dx);

    // ---- normalisation

    /**
     * {@code out = gain ⊙ (x - μ) / σ + bias} with {@code μ = mean x}, {@code σ² = mean (x - μ)² + eps} of each row (Ba, Kiros, Hinton
     * 2016).
     *
     * @param gain {@code 1 × x.cols()}, or null for ones
     * @param bias {@code 1 × x.cols()}, or null
     * @param stats {@code μ} and {@code 1/σ} of row p go to {@code stats[2p]} and {@code stats[2p + 1]}
     */
    default void layerNorm(Block x, Block gain, Block bias, double eps, Block out, double[] stats) {
        Operands.open("layerNorm", "x", x);
        if (gain != null) {
            Operands.require("layerNorm", "gain", gain, x.type(), 1, x.cols());
        }
        groupNorm(x, x.cols(), 1, gain, bias, eps, out, stats);
    }

    /**
     * The vector-Jacobian products of {@link #layerNorm}. Without gain, the Jacobian
     * {@code (I - 1 1ᵀ/n - x̂ x̂ᵀ/n) / σ} is symmetric, {@code x̂ = (x - μ) / σ}. So a Jacobian-vector product is
     * {@code gain ⊙ dx} of a call with {@code gain = null} and the tangent as {@code dy}. The same holds for the other normalisations.
     *
     * @param gain that of {@code layerNorm}, or null for ones
     * @param stats what {@code layerNorm} left there
     * @param dx the gradient of {@code x}
     * @param dGain {@code 1 × x.cols()}; the gradient of {@code gain} is added to it, row by row in order; null if not wanted
     * @param dBias {@code 1 × x.cols()}; likewise for {@code bias}
     */
    default void layerNormVjp(Block x, Block gain, double[] stats, Block dy, Block dx, Block dGain, Block dBias) {
        Operands.open("layerNormVjp", "x", x);
        if (gain != null) {
            Operands.require("layerNormVjp", "gain", gain, x.type(), 1, x.cols());
        }
        groupNormVjp(x, x.cols(), 1, gain, stats, dy, dx, dGain, dBias);
    }

    /**
     * {@code out = gain ⊙ x / ρ} with {@code ρ² = mean x² + eps} of each row (Zhang, Sennrich 2019).
     *
     * @param gain {@code 1 × x.cols()}, or null for ones
     * @param stats {@code 1/ρ} of row p goes to {@code stats[p]}
     */
    void rmsNorm(Block x, Block gain, double eps, Block out, double[] stats);

    /** The vector-Jacobian products of {@link #rmsNorm}; operands as in {@link #layerNormVjp}. */
    void rmsNormVjp(Block x, Block gain, double[] stats, Block dy, Block dx, Block dGain);

    /**
     * Normalises groups of channels (Wu, He 2018). A row is {@code x.cols() / C} positions of {@code C = channels} channels each, the
     * channel fastest (NHWC); group g is channels {@code g C / groups … (g + 1) C / groups - 1} at all positions. Each group is normalised
     * by its own {@code μ} and {@code σ}, as in {@link #layerNorm}; gain and bias belong to channels. With {@code C = x.cols()}, one
     * position, a row is cut into {@code groups} contiguous parts of equal length.
     *
     * @param channels C, which must divide {@code x.cols()}
     * @param groups a divisor of C
     * @param gain {@code 1 × C}, or null for ones
     * @param bias {@code 1 × C}, or null
     * @param stats {@code μ} and {@code 1/σ} of group g of row p go to {@code stats[2 (p · groups + g)]} and the place after it
     */
    void groupNorm(Block x, int channels, int groups, Block gain, Block bias, double eps, Block out, double[] stats);

    /** {@link #groupNorm(Block, int, int, Block, Block, double, Block, double[])} with as many channels as {@code gain} has columns. */
    default void groupNorm(Block x, int groups, Block gain, Block bias, double eps, Block out, double[] stats) {
        Operands.present("groupNorm", "gain", gain);
        groupNorm(x, gain.cols(), groups, gain, bias, eps, out, stats);
    }

    /**
     * The vector-Jacobian products of {@link #groupNorm(Block, int, int, Block, Block, double, Block, double[])}; operands as in
     * {@link #layerNormVjp}, {@code dGain} and {@code dBias} {@code 1 × C}.
     */
    void groupNormVjp(
            Block x, int channels, int groups, Block gain, double[] stats, Block dy, Block dx, Block dGain, Block dBias);

    /** The same with as many channels as {@code gain} has columns. */
    default void groupNormVjp(Block x, int groups, Block gain, double[] stats, Block dy, Block dx, Block dGain, Block dBias) {
        Operands.present("groupNormVjp", "gain", gain);
        groupNormVjp(x, gain.cols(), groups, gain, stats, dy, dx, dGain, dBias);
    }

    // ---- dropout

    /**
     * {@code out_p = x_p ⊙ m_p}, which is also its own vector-Jacobian product.
     *
     * @param rows which row of the batch, and so of the mask, belongs to which position; with null, row p belongs to position p
     * @param out of the shape of {@code x}, which it may be
     */
    void dropout(Block x, DropoutMask mask, Rows rows, Block out);

    // ---- attention

    /**
     * Turns each pair of elements of each head by the angle of its position (Su et al. 2021): with {@code (c, s)} cosine and sine of the
     * angle, {@code (x, y)} becomes {@code (c x - s y, s x + c y)}. For queries and keys, before {@link #attention}. The inverse turns
     * back. It is also the transpose, and so the vector-Jacobian product; the Jacobian-vector product is the rotation itself.
     *
     * @param x {@code batch · sequence × heads · d}, tokens and heads as in {@link #attention}
     * @param sequence the number of tokens of one sequence; the first has position 0
     * @param table of heads of d elements, for at least {@code sequence} positions
     * @param out of the shape of {@code x}, which it may be
     */
    void rotate(Block x, int sequence, int heads, Rotary table, boolean inverse, Block out);

    /**
     * {@code out_i = Σ_j P_ij v_j} with {@code P_i = softmax_j(⟨q_i, k_j⟩ / √d)}, for each sequence and each head (Vaswani et al. 2017).
     * Rows are tokens: each sequence is {@code sequence} consecutive rows. Heads lie side by side in a row, {@code d = cols / heads}
     * elements each. Probabilities are not kept: {@link #attentionVjp} computes them again (Dao et al. 2022). This is meant for sequences
     * of a few hundred tokens, which fit a second-level cache. The memory of each thread grows with {@code sequence · d}.
     *
     * @param q {@code batch · sequence × heads · d}, as {@code k}, {@code v} and {@code out}
     * @param sequence the number of tokens of one sequence
     * @param causal whether token i sees only tokens j ≤ i; later tokens are not even read
     * @param lse {@code log Σ_j exp(⟨q_i, k_j⟩ / √d)} of head h and row i goes to {@code lse[i · heads + h]}
     */
    void attention(Block q, Block k, Block v, int sequence, int heads, boolean causal, Block out, double[] lse);

    /**
     * The vector-Jacobian products of {@link #attention}, each of the shape of {@code q}.
     *
     * @param lse what {@code attention} left there
     * @param dOut the gradient of its {@code out}
     */
    void attentionVjp(
            Block q, Block k, Block v, int sequence, int heads, boolean causal, double[] lse, Block dOut, Block dq, Block dk, Block dv);

    /**
     * The Jacobian-vector product of {@link #attention}: with {@code S_ij = ⟨q_i, k_j⟩ / √d} and
     * {@code dS_ij = (⟨dq_i, k_j⟩ + ⟨q_i, dk_j⟩) / √d},
     * <pre>out_i = Σ_j P_ij (dS_ij - Σ_l P_il dS_il) v_j + Σ_j P_ij dv_j</pre>
     *
     * @param lse what {@code attention} left there
     * @param dq the tangent of {@code q}, of its shape, as {@code dk}, {@code dv} and {@code out}
     */
    void attentionJvp(
            Block q, Block k, Block v, int sequence, int heads, boolean causal, double[] lse, Block dq, Block dk, Block dv, Block out);
}
