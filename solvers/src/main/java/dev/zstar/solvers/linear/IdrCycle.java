package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Workspace;
import java.util.Arrays;

/**
 * A cycle of IDR(s) (Sonneveld and van Gijzen 2008; with orthonormal vectors, van Gijzen, Sleijpen and Zemke 2015). It lasts
 * until the tolerance is met, and stores 2 s vectors however long that takes. With {@code A = I - T} and s fixed vectors P, the residuals
 * lie in spaces
 *
 * <pre>{@code 𝒢_{j+1} = (I - ω A) (𝒢_j ∩ P^⊥)}</pre>
 *
 * <p>whose dimension falls by s each time, for s + 1 products. So IDR(s) is done after at most {@code n + n/s} products, where GMRES
 * without restarts takes n.
 *
 * <p>Three things differ from the papers. The first pairs {@code G = A U} are not the first s steps of the method: they are taken from the
 * Krylov space of a {@link GmresCycle} ({@link SmallestDirections}), so what that cycle learnt is not lost. Each new
 * vector g lowers the residual as far as it can, and need not make it orthogonal to P: that would divide by numbers that may be small, and
 * in f32 the residual of the recursion left the true one. And after each product the
 * residual is minimised over the pairs, {@code min ‖r - G c‖}. The recursion does not use the result. It says when the tolerance is met,
 * and is what the cycle returns, because the residuals of the recursion jump.
 */
final class IdrCycle {
    /** ω is lengthened if the cosine of r and A r is below this (Sleijpen and van der Vorst 1995). */
    private static final double COSINE = 0.7;
    /** A vector that keeps less than this share of its norm depends on the others; in units of roundoff. */
    private static final double BREAKDOWN = 50;
    /** Share of the tolerance that rounding may take before the true residual is computed; and what a cycle must gain before that. */
    private static final double ROUGH = 1;
    private static final double GAIN = 0.7;
    /** For {@link #add}: the residuals, and not a slot. */
    private static final int RESIDUAL = -1;
    /** A recursion ends when its residual has grown by this factor. */
    private static final double GROWTH = 1e6;

    private final Engine engine;
    private final double[] ones;
    private final double roundoff;
    private final int s;
    private final int m;
    /** G in the first s slots, U in the next s, then the correction x. */
    private final Basis v;
    private final SmallestDirections directions;
    private final IdrProblem problem;
    /** P, {@code s × n}, and {@code Pᵀw}, {@code batch × s}. Before P is written, its memory is used for other things. */
    private final Block shadow;
    private final Block projected;
    /** Blocks of the rows that go on: residuals; then two for any purpose. */
    private final Block[] packed;
    private Rows going;
    /** The vector that the next step replaces; s before a step with a new ω. */
    private int q;
    /** For the engine: coefficients of the vectors in v by row; by position, coefficients, zeros and norms. */
    private final double[] y;
    private final double[] best;
    private final double[] dots;
    private final double[] c;
    private final double[] norm;
    private final double[] other;
    private final double[] left;
    private final boolean[] done;
    /** By row of the batch. */
    private final double[] ω;
    private final double[] first;
    private final double[] claimed;
    /** By row: estimates of {@code ‖g - A u‖} of each pair, and of the distance of the residuals from the true ones. */
    private final double[] error;
    private final double[] gap;
    /** By row: whether the last cycle gained something. If not, this one has to. */
    private final boolean[] hopeful;

    /**
     * Allocates s vectors, and s numbers for each row.
     *
     * @param v the memory of the space of {@code small}, with at least 2 s + 1 vectors
     * @param own a block of the method, free between cycles
     */
    IdrCycle(Workspace workspace, int s, Basis v, Block own, HessenbergLeastSquares small) {
        engine = workspace.engine();
        ones = workspace.ones();
        roundoff = workspace.type().unitRoundoff();
        this.s = s;
        m = v.capacity();
        this.v = v;
        int batch = workspace.batch();
        directions = new SmallestDirections(workspace, v, s, small);
        problem = new IdrProblem(batch, s, workspace.type().unitRoundoff());
        shadow = workspace.vectors(s);
        shadow.part(0, s);
        Workspace narrow = new Workspace(engine, workspace.type(), batch, s);
        workspace.include(narrow);
        projected = narrow.block();
        packed = new Block[] {null, own, null};
        y = new double[batch * m];
        best = new double[batch * m];
        dots = new double[batch * m];
        c = new double[batch];
        norm = new double[batch];
        other = new double[batch];
        left = new double[batch];
        done = new boolean[batch];
        ω = new double[batch];
        first = new double[batch];
        claimed = new double[batch];
        error = new double[batch * s];
        gap = new double[batch];
        hopeful = new boolean[batch];
    }

    private Block block(int i) {
        return packed[i].head(going.count());
    }

    /** @param fresh whether v holds the space of a GMRES cycle, and not the pairs of an earlier cycle of IDR */
    void begin(Residuals at, boolean fresh) {
        going = at.going();
        packed[0] = at.block();
        packed[2] = at.spare();
        for (int p = 0; p < going.count(); p++) {
            int b = going.index(p);
            hopeful[b] = fresh || at.norm(p) < first[b];
            first[b] = at.norm(p);
            Arrays.fill(best, b * m, (b + 1) * m, 0);
            done[p] = at.left(b) <= 0 || !(first[b] > 0);
            claimed[b] = first[b];
            gap[b] = 0;
            if (fresh) {
                directions.replace(b, shadow, packed[1]);
                for (int i = 0; i < s; i++) {
                    error[b * s + i] = roundoff * directions.length(i);
                }
            }
        }
        if (fresh) {
            Shadows.fill(shadow);
        }
        pack(at);
        q = s;
        if (going.count() > 0) {
            measurePairs();
            measureResiduals();
            zero();
        }
    }

    /** {@code M = PᵀG} and {@code GᵀG}. */
    private void measurePairs() {
        for (int i = 0; i < s; i++) {
            for (int p = 0; p < going.count(); p++) {
                packed[1].copyRow(v.block(), going.index(p) * m + i, p);
            }
            image(i);
        }
    }

    /** {@code M = PᵀG} and {@code GᵀG} for a vector in block 1, which is also in its slot. A pair that is missing is zero. */
    private void image(int i) {
        shadows(block(1));
        engine.multiDot(v, s, block(1), going, dots);
        for (int p = 0; p < going.count(); p++) {
            int b = going.index(p);
            boolean missing = dots[b * m + i] == 0;
            for (int l = 0; l < s; l++) {
                problem.image(b, l, i, missing && l == i ? 1 : projected.get(p, l));
                problem.product(b, l, i, dots[b * m + l]);
            }
        }
    }

    /** {@code f = Pᵀr}. */
    private void measureResiduals() {
        shadows(block(0));
        for (int p = 0; p < going.count(); p++) {
            for (int l = 0; l < s; l++) {
                problem.project(going.index(p), l, projected.get(p, l));
            }
        }
    }

    /** {@code Pᵀx}. */
    private void shadows(Block x) {
        engine.gemm(1, x, false, shadow, true, 0, projected.head(going.count()));
    }

    /** {@code x = 0}. */
    private void zero() {
        engine.copy(block(0), block(1));
        engine.axpby(0, block(0), 0, block(1));
        engine.store(block(1), ones, v, 2 * s, going);
    }

    /** {@code x += U c, r -= G c} with {@code M c = f}, so that {@code Pᵀr = 0}. */
    private void project(Residuals at) {
        coefficients(at);
        for (int p = 0; p < going.count(); p++) {
            int b = going.index(p);
            y[b * m + 2 * s] = 1;
            for (int i = 0; i < s; i++) {
                gap[b] += Math.abs(y[b * m + s + i]) * error[b * s + i];
            }
        }
        engine.mix(v, 2 * s + 1, y, block(1), going);
        engine.store(block(1), ones, v, 2 * s, going);
        shift();
        engine.multiAxpy(v, s, y, block(0), going, null);
    }

    /** Writes {@code c = M⁻¹ f} as coefficients of U. Rows without a solution leave. */
    private void coefficients(Residuals at) {
        for (int p = 0; p < going.count(); p++) {
            int b = going.index(p);
            Arrays.fill(y, b * m, (b + 1) * m, 0);
            if (!problem.solve(b, y, b * m + s)) {
                leave(at, p, Status.BREAKDOWN);
            }
        }
        pack(at);
    }

    /** Coefficients of U become those of G, negated. */
    private void shift() {
        for (int p = 0; p < going.count(); p++) {
            int k = going.index(p) * m;
            for (int i = k; i < k + s; i++) {
                y[i] = -y[i + s];
            }
        }
    }

    void step(Residuals at) {
        if (q == s) {
            stabilise(at);
            q = 0;
        } else {
            replace(at);
            q++;
        }
        if (going.count() > 0) {
            look(at);
        }
    }

    /** {@code x += ω r, r -= ω A r} with {@code Pᵀr = 0}: the residual enters the next space. */
    private void stabilise(Residuals at) {
        project(at);
        multiply(at, 0);
        engine.dot(block(1), block(0), c);
        engine.norm(block(0), norm);
        for (int p = 0; p < going.count(); p++) {
            double cosine = c[p] / other[p] / norm[p];
            double shortened = Math.abs(cosine) < COSINE ? COSINE / Math.abs(cosine) : 1;
            ω[going.index(p)] = shortened * (c[p] / other[p] / other[p]);
            if (!(Math.abs(ω[going.index(p)]) < Double.POSITIVE_INFINITY)) {
                leave(at, p, Status.BREAKDOWN);
            }
        }
        pack(at);
        takeω();
        add(RESIDUAL);
        engine.axpby(negated(), block(1), ones, block(0));
        measureResiduals();
    }

    /**
     * {@code u = ω v + U c, v = r - G c} with {@code M c = f}, and {@code g = A u}. Both are changed by the same operations until g is
     * orthogonal to the earlier vectors of its space and has norm 1. Then {@code r -= β g}, with the β of the least residual.
     */
    private void replace(Residuals at) {
        coefficients(at);
        engine.mix(v, 2 * s, y, block(2), going);
        shift();
        engine.copy(block(0), block(1));
        engine.multiAxpy(v, s, y, block(1), going, null);
        takeω();
        engine.axpby(c, block(1), ones, block(2));
        engine.norm(block(2), norm);
        multiply(at, 2);
        engine.project(v, q, block(1), going, dots, left);
        for (int p = 0; p < going.count(); p++) {
            int b = going.index(p);
            left[b] = Math.sqrt(left[b]);
            if (!(left[b] > BREAKDOWN * roundoff * other[p])) {
                leave(at, p, Status.BREAKDOWN);
            }
            left[b] = 1 / left[b];
            double wrong = roundoff * norm[p];
            Arrays.fill(y, b * m, (b + 1) * m, 0);
            for (int l = 0; l < q; l++) {
                y[b * m + s + l] = -dots[b * m + l];
                wrong += Math.abs(dots[b * m + l]) * error[b * s + l];
            }
            error[b * s + q] = left[b] * wrong;
        }
        // A row that breaks down keeps the pair that its result was formed from.
        pack(at);
        engine.multiAxpy(v, s + q, y, block(2), going, null);
        engine.store(block(2), left, v, s + q, going);
        engine.normalise(block(1), left, v, q, going);
        engine.dot(block(1), block(0), c);
        image(q);
        for (int p = 0; p < going.count(); p++) {
            int b = going.index(p);
            problem.subtract(b, c[p], q);
            gap[b] += Math.abs(c[p]) * error[b * s + q];
        }
        engine.axpby(negated(), block(1), ones, block(0));
        add(s + q);
    }

    private void takeω() {
        for (int p = 0; p < going.count(); p++) {
            c[p] = ω[going.index(p)];
        }
    }

    private double[] negated() {
        for (int p = 0; p < going.count(); p++) {
            norm[p] = -c[p];
        }
        return norm;
    }

    /** {@code x += c z} for the vectors z in a slot, or the residuals. */
    private void add(int slot) {
        for (int p = 0; p < going.count(); p++) {
            int k = going.index(p) * m;
            Arrays.fill(y, k, k + m, 0);
            y[k + 2 * s] = 1;
            if (slot >= 0) {
                y[k + slot] = c[p];
            }
        }
        engine.mix(v, 2 * s + 1, y, block(2), going);
        if (slot < 0) {
            engine.axpby(c, block(0), ones, block(2));
        }
        engine.store(block(2), ones, v, 2 * s, going);
    }

    /** Puts {@code (I - T) z} of a block into block 1, and its norms into {@link #other}. */
    private void multiply(Residuals at, int z) {
        at.multiply(block(z), block(1), going);
        engine.axpby(1, block(z), -1, block(1));
        engine.norm(block(1), other);
        for (int p = 0; p < going.count(); p++) {
            if (!(other[p] < Double.POSITIVE_INFINITY)) {
                leave(at, p, Status.NONFINITE_OPERATOR);
            }
        }
        pack(at);
    }

    /** Minimises the residuals over the pairs. Rows that meet the tolerance, or that have no product left, leave. */
    private void look(Residuals at) {
        engine.norm(block(0), norm);
        engine.multiDot(v, s, block(0), going, dots);
        double worst = 0;
        for (int p = 0; p < going.count(); p++) {
            int b = going.index(p);
            for (int l = 0; l < s; l++) {
                problem.along(b, l, dots[b * m + l]);
            }
            claimed[b] = problem.minimise(b, norm[p], best, b * m + s);
            best[b * m + 2 * s] = 1;
            worst = Math.max(worst, claimed[b] / at.unit(b));
            if (!(norm[p] <= GROWTH * first[b])) {
                leave(at, p, Status.BREAKDOWN);
            } else if (at.within(b, claimed[b]) || at.left(b) <= 0 || isRough(at, b)) {
                done[p] = true;
            }
        }
        at.record(worst);
        pack(at);
    }

    /**
     * Whether the true residual is needed before the next space (van der Vorst and Ye 2000): the estimated distance from it is no longer
     * small compared with the tolerance. The next cycle goes on with the same pairs.
     */
    private boolean isRough(Residuals at, int b) {
        return q == s && !at.fixed() && gap[b] > ROUGH * at.goal(b) && claimed[b] < GAIN * first[b];
    }

    private void leave(Residuals at, int p, Status why) {
        done[p] = true;
        at.giveUp(going.index(p), why);
    }

    /** Rows that are done leave. */
    private void pack(Residuals at) {
        int kept = 0;
        for (int p = 0; p < going.count(); p++) {
            if (!done[p]) {
                for (int i = 0; kept != p && i < packed.length; i++) {
                    packed[i].copyRow(packed[i], p, kept);
                }
                c[kept] = c[p];
                norm[kept] = norm[p];
                other[kept] = other[p];
                going.place(kept++, going.index(p));
            }
        }
        Arrays.fill(done, false);
        going.truncate(kept);
    }

    /** The correction {@code x + U c} of the least residual. A row whose cycle gained nothing keeps its solution. */
    void end(Residuals at) {
        Rows open = at.open();
        for (int p = 0; p < open.count(); p++) {
            int b = open.index(p);
            if (!(claimed[b] < first[b])) {
                Arrays.fill(best, b * m, (b + 1) * m, 0);
            }
            at.claim(b, claimed[b]);
            if (hopeful[b] && at.gaveUp(b) == null) {
                at.hope(b);
            }
        }
        Block u = packed[1].head(open.count());
        engine.mix(v, 2 * s + 1, best, u, open);
        at.correct(u);
    }
}
