package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;
import java.util.Arrays;

/** The vectors of {@link IdrCycle}, and the operations on all rows that go on. */
final class IdrVectors {
    /** For {@link #add}: the residuals, and not a slot. */
    static final int RESIDUAL = -1;

    final int s;
    /** The vectors of a row in v. */
    final int m;
    /** G in the first s slots, U in the next s, then the correction x. */
    final Basis v;
    /** Coefficients of the vectors in v, and products with them, by row of the batch. */
    final double[] y;
    final double[] dots;
    final IdrProblem problem;
    private final Engine engine;
    private final double[] ones;
    /** P, {@code s × n}, and {@code Pᵀw}, {@code batch × s}. Before P is written, its memory is used for other things. */
    final Block shadow;
    private final Block projected;
    /** Blocks of the rows that go on: residuals; then two for any purpose. */
    private final Block[] packed;
    private final double[] minus;
    private Rows going;

    /** Allocates s vectors, and s numbers for each row. */
    IdrVectors(Workspace workspace, int s, Basis v, Block own) {
        engine = workspace.engine();
        ones = workspace.ones();
        this.s = s;
        this.v = v;
        m = v.capacity();
        int batch = workspace.batch();
        problem = new IdrProblem(batch, s, workspace.type().unitRoundoff());
        shadow = workspace.vectors(s);
        shadow.part(0, s);
        Workspace narrow = new Workspace(engine, workspace.type(), batch, s);
        workspace.include(narrow);
        projected = narrow.block();
        packed = new Block[] {null, own, null};
        y = new double[batch * m];
        dots = new double[batch * m];
        minus = new double[batch];
    }

    /** A cycle begins. */
    void enter(Residuals at) {
        going = at.going();
        packed[0] = at.block();
        packed[2] = at.spare();
    }

    Block block(int i) {
        return packed[i].head(going.count());
    }

    /** Block i with the first {@code count} rows, whether or not they go on. */
    Block block(int i, int count) {
        return packed[i].head(count);
    }

    /** Moves a row of all blocks to another position. */
    void move(int from, int to) {
        for (Block block : packed) {
            block.copyRow(block, from, to);
        }
    }

    /** {@code M = PᵀG} and {@code GᵀG}. */
    void measurePairs() {
        for (int i = 0; i < s; i++) {
            for (int p = 0; p < going.count(); p++) {
                packed[1].copyRow(v.block(), going.index(p) * m + i, p);
            }
            image(i);
        }
    }

    /** {@code M = PᵀG} and {@code GᵀG} for a vector in block 1, which is also in its slot. A pair that is missing is zero. */
    void image(int i) {
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
    void measureResiduals() {
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
    void zero() {
        engine.copy(block(0), block(1));
        engine.axpby(0, block(0), 0, block(1));
        engine.store(block(1), ones, v, 2 * s, going);
    }

    /** {@code x += y} of the coefficients of U. */
    void advance() {
        for (int p = 0; p < going.count(); p++) {
            y[going.index(p) * m + 2 * s] = 1;
        }
        engine.mix(v, 2 * s + 1, y, block(1), going);
        engine.store(block(1), ones, v, 2 * s, going);
    }

    /** Writes numbers of rows by position. */
    void take(double[] byRow, double[] c) {
        for (int p = 0; p < going.count(); p++) {
            c[p] = byRow[going.index(p)];
        }
    }

    /** {@code r -= c z} for the vectors z in block 1, with coefficients by position. */
    void reduce(double[] c) {
        for (int p = 0; p < going.count(); p++) {
            minus[p] = -c[p];
        }
        engine.axpby(minus, block(1), ones, block(0));
    }

    /** Subtracts the vectors G, with the coefficients of U, from a block. */
    void subtract(int from) {
        shift();
        engine.multiAxpy(v, s, y, block(from), going, null);
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

    /** {@code x += c z} for the vectors z in a slot, or the residuals, with coefficients by position. Overwrites block 2. */
    void add(double[] c, int slot) {
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
}
