package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Finite;
import java.util.Arrays;

/**
 * A cycle of IDR(s) (Sonneveld and van Gijzen 2008; with orthonormal vectors, van Gijzen, Sleijpen and Zemke 2015). It
 * lasts until the tolerance is met, and stores 2 s vectors however long that takes. With {@code A = I - T} and s fixed vectors P, the
 * residuals lie in spaces
 *
 * <pre>{@code 𝒢_{j+1} = (I - ω A) (𝒢_j ∩ P^⊥)}</pre>
 *
 * <p>whose dimension falls by s each time, for s + 1 products. So IDR(s) is done after at most {@code n + n/s} products, where GMRES
 * without restarts takes n.
 *
 * <p>Three things differ from the papers. The first pairs {@code G = A U} are not the first s steps of the method: they are taken from the
 * Krylov space of a {@link GmresCycle} ({@link SmallestDirections}), so what that cycle learnt is not lost. Each new vector g
 * lowers the residual as far as it can, and does not make it orthogonal to P: that would divide by numbers that may be small, and in f32
 * the residual of the recursion left the true one. After each product the residual is minimised over the pairs, {@code min ‖r - G c‖}. The
 * recursion does not use the result. It says when the tolerance is met, and is what the cycle returns.
 */
final class IdrCycle {
    /** ω is lengthened if the cosine of r and A r is below this (Sleijpen and van der Vorst 1995). */
    private static final double COSINE = 0.7;
    /** A vector that keeps less than this share of its norm depends on the others; in units of roundoff. */
    private static final double BREAKDOWN = 50;
    /** Share of the tolerance that rounding may take before the true residual is computed; and what a cycle must gain before that. */
    private static final double ROUGH = 1;
    private static final double GAIN = 0.7;
    /** A cycle that gains nothing does not end the solve if the one before it left no more than this share of the residual. */
    private static final double HOPE = 0.9;
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
    private final IdrVectors vectors;
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
        vectors = new IdrVectors(workspace, s, v, own);
        problem = vectors.problem;
        y = vectors.y;
        best = new double[batch * m];
        dots = vectors.dots;
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

    /** @param fresh whether v holds the space of a GMRES cycle, and not the pairs of an earlier cycle of IDR */
    void begin(Residuals at, boolean fresh) {
        going = at.going();
        vectors.enter(at);
        for (int p = 0; p < going.count(); p++) {
            int b = going.index(p);
            hopeful[b] = fresh || at.norm(p) < HOPE * first[b];
            first[b] = at.norm(p);
            Arrays.fill(best, b * m, (b + 1) * m, 0);
            done[p] = at.left(b) <= 0 || !(first[b] > 0);
            claimed[b] = first[b];
            gap[b] = 0;
            if (fresh) {
                directions.replace(b, vectors.shadow, vectors.block(1, 1));
                for (int i = 0; i < s; i++) {
                    error[b * s + i] = roundoff * directions.length(i);
                }
            }
        }
        if (fresh) {
            Shadows.fill(vectors.shadow);
        }
        pack();
        q = s;
        if (going.count() > 0) {
            vectors.measurePairs();
            vectors.measureResiduals();
            vectors.zero();
        }
    }

    /** {@code x += U c, r -= G c} with {@code M c = f}, so that {@code Pᵀr = 0}. */
    private void project(Residuals at) {
        coefficients(at);
        for (int p = 0; p < going.count(); p++) {
            int b = going.index(p);
            for (int i = 0; i < s; i++) {
                gap[b] += Math.abs(y[b * m + s + i]) * error[b * s + i];
                // The result stays the same.
                best[b * m + s + i] -= best[b * m + 2 * s] * y[b * m + s + i];
            }
        }
        vectors.advance();
        vectors.subtract(0);
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
        pack();
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
        engine.dot(vectors.block(1), vectors.block(0), c);
        engine.norm(vectors.block(0), norm);
        for (int p = 0; p < going.count(); p++) {
            double cosine = c[p] / other[p] / norm[p];
            double shortened = Math.abs(cosine) < COSINE ? COSINE / Math.abs(cosine) : 1;
            ω[going.index(p)] = shortened * (c[p] / other[p] / other[p]);
            if (!(Math.abs(ω[going.index(p)]) < Double.POSITIVE_INFINITY)) {
                leave(at, p, Status.BREAKDOWN);
            }
        }
        pack();
        vectors.take(ω, c);
        vectors.add(c, IdrVectors.RESIDUAL);
        vectors.reduce(c);
        vectors.measureResiduals();
    }

    /**
     * {@code u = ω v + U c, v = r - G c} with {@code M c = f}, and {@code g = A u}. Both are changed by the same operations until g is
     * orthogonal to the earlier vectors of its space and has norm 1. Then {@code r -= β g}, with the β of the least residual.
     */
    private void replace(Residuals at) {
        coefficients(at);
        engine.mix(v, 2 * s, y, vectors.block(2), going);
        engine.copy(vectors.block(0), vectors.block(1));
        vectors.subtract(1);
        vectors.take(ω, c);
        engine.axpby(c, vectors.block(1), ones, vectors.block(2));
        engine.norm(vectors.block(2), norm);
        multiply(at, 2);
        engine.project(v, q, vectors.block(1), going, dots, left);
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
        pack();
        engine.multiAxpy(v, s + q, y, vectors.block(2), going, null);
        engine.store(vectors.block(2), left, v, s + q, going);
        engine.normalise(vectors.block(1), left, v, q, going);
        engine.dot(vectors.block(1), vectors.block(0), c);
        vectors.image(q);
        for (int p = 0; p < going.count(); p++) {
            int b = going.index(p);
            problem.subtract(b, c[p], q);
            gap[b] += Math.abs(c[p]) * error[b * s + q];
        }
        vectors.reduce(c);
        vectors.add(c, s + q);
    }

    /** Puts {@code (I - T) z} of a block into block 1, and its norms into {@link #other}. */
    private void multiply(Residuals at, int z) {
        at.multiply(vectors.block(z), vectors.block(1), going);
        engine.axpby(1, vectors.block(z), -1, vectors.block(1));
        engine.norm(vectors.block(1), other);
        for (int p = 0; p < going.count(); p++) {
            if (!(other[p] < Double.POSITIVE_INFINITY)) {
                // The recurrences of a nearly singular system may overflow by themselves.
                leave(at, p, Finite.row(vectors.block(z), p) ? Status.NONFINITE_OPERATOR : Status.BREAKDOWN);
            }
        }
        pack();
    }

    /** Minimises the residuals over the pairs. Rows that meet the tolerance, or that have no product left, leave. */
    private void look(Residuals at) {
        engine.norm(vectors.block(0), norm);
        engine.multiDot(v, s, vectors.block(0), going, dots);
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
        pack();
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
    private void pack() {
        int kept = 0;
        for (int p = 0; p < going.count(); p++) {
            if (!done[p]) {
                if (kept != p) {
                    vectors.move(p, kept);
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
        Block u = vectors.block(1, open.count());
        engine.mix(v, 2 * s + 1, best, u, open);
        at.correct(u);
    }
}
