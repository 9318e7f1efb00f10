package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.internal.SymmetricEigen;
import java.util.Arrays;

/**
 * For each row of the batch up to k pairs with {@code A U ≈ C}, {@code CᵀC = I}, {@code A = I - T}. They are the pairs with the longest u
 * of all that were seen: the directions in which A is smallest, which cost GMRES most of its steps. They make the right preconditioner
 *
 * <pre>{@code M⁻¹ = I + (U - C) Cᵀ,   A M⁻¹ = A (I - C Cᵀ) + A U Cᵀ,}</pre>
 *
 * <p>which deflates these directions. With {@code A U = C}, {@code A M⁻¹} is the identity on C, and {@code A} on its orthogonal complement
 * (Erhel, Burrage and Pohl 1996, with right singular vectors instead of invariant ones; the pairs are those of Parks, de Sturler, Mackey,
 * Johnson and Maiti 2006). Pairs of another system do nearly the same. Wrong pairs cause no error, because the Arnoldi relation
 * {@code A W = V⁺ H̄}, {@code W = M⁻¹ V}, holds for the true A.
 *
 * <p>After a cycle W and the old U compete. With P such that the images {@code [V⁺ H̄, C] P} are orthonormal, the new U are the k longest
 * singular directions of {@code [W, U] P}. In exact arithmetic they have the smallest {@code ‖A u‖ / ‖u‖} in the space. An old pair whose
 * image is in the span of the new images would only show how the system has changed, and is left out. All products are formed in f64.
 */
final class RecycledPairs {
    /**
     * An old image with less than this share, squared, outside the span of the new ones is left out: that share is the drift of the system.
     */
    private static final double KNOWN = 1e-2;
    /** A new image with less than this share, squared and in units of roundoff, outside the span of the earlier ones depends on them. */
    private static final double DEPENDENT = 100;
    /**
     * {@code A M⁻¹} may lengthen the vectors of a space by at most this factor, squared, more than A itself did. Otherwise the pairs belong
     * to another system. Such pairs appear longer than all true ones and would displace them: without this limit the solve after a jump, of
     * symmetric systems with n = 256 and ρ(T) = 0.99, did not end.
     */
    private static final double MISLED = 4;
    /** A direction that A shortens by more than the square root of this counts as singular. */
    private static final double LONGEST = 1e28;

    private final Workspace workspace;
    private final Basis v;
    private final int k;
    /** C, then U: k slots each. */
    private final Basis pairs;
    private final int[] counts;
    /** By row of the batch: the mean of {@code ‖A v‖²} over a space without pairs; whether pairs misled the last space that used some. */
    private final double[] usual;
    private final boolean[] doubted;
    private final Rows row;
    /** New vectors, for one row at a time. */
    private final Block made;
    /** By row of the batch, for the engine: {@code [C, U]ᵀ x}, and coefficients of V and of the pairs. */
    private final double[] dots;
    private final double[] intoV;
    private final double[] intoPairs;
    /** The Gram matrix of {@code [V⁺, C, U]}; the candidates and their images, each a row of coordinates in these. */
    private final double[] gram;
    private final double[] u;
    private final double[] c;
    private final double[] product;
    private final double[] small;
    private final double[] q;
    private final int[] order;

    /**
     * Allocates {@code 2 k} blocks, and k vectors.
     *
     * @param v the Krylov space, with one vector more than it has steps
     */
    RecycledPairs(Workspace workspace, Basis v, int k) {
        this.workspace = workspace;
        this.v = v;
        this.k = k;
        pairs = workspace.kept().basis(2 * k);
        made = workspace.vectors(k);
        made.part(0, k);
        counts = new int[workspace.batch()];
        usual = new double[workspace.batch()];
        doubted = new boolean[workspace.batch()];
        row = new Rows(workspace.batch());
        dots = new double[workspace.batch() * 2 * k];
        intoV = new double[workspace.batch() * v.capacity()];
        intoPairs = new double[workspace.batch() * 2 * k];
        int coordinates = v.capacity() + 2 * k;
        int candidates = v.capacity() - 1 + k;
        gram = new double[coordinates * coordinates];
        u = new double[candidates * coordinates];
        c = new double[candidates * coordinates];
        product = new double[coordinates];
        small = new double[candidates * candidates];
        q = new double[candidates * candidates];
        order = new int[k];
    }

    /** Row b loses its pairs. */
    void forget(int b) {
        counts[b] = 0;
    }

    int count(int b) {
        return counts[b];
    }

    /** {@code x = M⁻¹ x}, for each of these rows. */
    void apply(Block x, Rows rows) {
        workspace.engine().multiDot(pairs, k, x, rows, dots);
        boolean any = false;
        for (int p = 0; p < rows.count(); p++) {
            int b = rows.index(p);
            int at = b * 2 * k;
            Arrays.fill(intoPairs, at, at + 2 * k, 0);
            for (int i = 0; i < counts[b]; i++) {
                intoPairs[at + i] = -dots[at + i];
                intoPairs[at + k + i] = dots[at + i];
            }
            any |= counts[b] > 0;
        }
        if (any) {
            workspace.engine().multiAxpy(pairs, 2 * k, intoPairs, x, rows, null);
        }
    }

    /** Makes new pairs of row b from the old ones and from the directions of a cycle. */
    void renew(int b, HessenbergLeastSquares problem) {
        int steps = problem.steps(b);
        int known = steps + 1;
        int width = known + 2 * counts[b];
        products(b, known, width);
        propose(b, problem, width);
        int candidates = steps + counts[b];
        if (misled(b, steps, width)) {
            if (doubted[b]) {
                // True pairs misled it as well, so A is larger than it was. The next space shows how large.
                counts[b] = 0;
                return;
            }
            candidates = steps;
        }
        doubted[b] = candidates < steps + counts[b];
        int kept = orthonormalise(steps, candidates, width);
        for (int i = 0; i < kept; i++) {
            times(u, i, width);
            for (int j = 0; j < kept; j++) {
                small[i * kept + j] = dot(u, j, width);
            }
        }
        // Products taken in both orders differ by rounding.
        for (int i = 0; i < kept; i++) {
            for (int j = 0; j < i; j++) {
                small[i * kept + j] = small[j * kept + i];
            }
        }
        SymmetricEigen.decompose(small, q, kept);
        int count = 0;
        while (count < Math.min(k, kept) && longest(kept, count)) {
            count++;
        }
        recombine(b, u, known, width, kept, count, k);
        recombine(b, c, known, width, kept, count, 0);
        counts[b] = count;
    }

    /** The Gram matrix of {@code [V⁺, C, U]}, in which V⁺ is orthonormal. */
    private void products(int b, int known, int width) {
        row.reset(0);
        row.append(b);
        Arrays.fill(gram, 0, width * width, 0);
        for (int i = 0; i < known; i++) {
            gram[i * width + i] = 1;
        }
        if (counts[b] == 0) {
            return;
        }
        Block one = made.part(0, k);
        for (int i = 0; i < width; i++) {
            if (i < known) {
                one.copyRow(v.block(), b * v.capacity() + i, 0);
            } else {
                one.copyRow(pairs.block(), b * 2 * k + slot(b, i - known), 0);
            }
            workspace.engine().multiDot(pairs, 2 * k, one, row, dots);
            for (int j = known; j < width; j++) {
                double sum = dots[b * 2 * k + slot(b, j - known)];
                gram[i * width + j] = sum;
                gram[j * width + i] = sum;
            }
        }
    }

    /** The slot among the pairs of coordinate i after V⁺. */
    private int slot(int b, int i) {
        return i < counts[b] ? i : k + i - counts[b];
    }

    /** The candidates W and U, and their images {@code V⁺ H̄} and C. */
    private void propose(int b, HessenbergLeastSquares problem, int width) {
        int count = counts[b];
        int steps = problem.steps(b);
        Arrays.fill(u, 0, (steps + count) * width, 0);
        Arrays.fill(c, 0, (steps + count) * width, 0);
        for (int j = 0; j < steps; j++) {
            int at = j * width;
            u[at + j] = 1;
            for (int i = 0; i < count; i++) {
                double share = gram[at + steps + 1 + i];
                u[at + steps + 1 + i] = -share;
                u[at + steps + 1 + count + i] = share;
            }
            for (int i = 0; i <= j + 1; i++) {
                c[at + i] = problem.element(b, i, j);
            }
        }
        for (int i = 0; i < count; i++) {
            int at = (steps + i) * width + steps + 1;
            u[at + count + i] = 1;
            c[at + i] = 1;
        }
    }

    private boolean misled(int b, int steps, int width) {
        double images = 0;
        for (int j = 0; j < steps; j++) {
            // Images of W have coordinates only in V⁺, which is orthonormal.
            for (int i = 0; i <= j + 1; i++) {
                images += c[j * width + i] * c[j * width + i] / steps;
            }
        }
        if (counts[b] == 0) {
            usual[b] = images;
        }
        return !(images <= MISLED * usual[b]);
    }

    /**
     * Makes the images orthonormal, and applies the same operations to the candidates. Leaves out images that depend on earlier ones.
     * Returns how many are left.
     */
    private int orthonormalise(int steps, int candidates, int width) {
        double dependent = DEPENDENT * workspace.type().unitRoundoff();
        int kept = 0;
        for (int i = 0; i < candidates; i++) {
            times(c, i, width);
            double whole = dot(c, i, width);
            // Twice is enough.
            for (int pass = 0; pass < 2; pass++) {
                for (int l = 0; l < kept; l++) {
                    double share = dot(c, l, width);
                    subtract(c, i, share, l, width);
                    subtract(u, i, share, l, width);
                }
                times(c, i, width);
            }
            double left = dot(c, i, width);
            if (left > (i < steps ? dependent : KNOWN) * whole && left < Double.POSITIVE_INFINITY) {
                double scale = 1 / Math.sqrt(left);
                for (int j = 0; j < width; j++) {
                    c[kept * width + j] = scale * c[i * width + j];
                    u[kept * width + j] = scale * u[i * width + j];
                }
                kept++;
            }
        }
        return kept;
    }

    /** Multiplies row i by the Gram matrix, for {@link #dot}. */
    private void times(double[] x, int i, int width) {
        for (int j = 0; j < width; j++) {
            double sum = 0;
            for (int l = 0; l < width; l++) {
                sum += gram[j * width + l] * x[i * width + l];
            }
            product[j] = sum;
        }
    }

    private double dot(double[] x, int i, int width) {
        double sum = 0;
        for (int j = 0; j < width; j++) {
            sum += product[j] * x[i * width + j];
        }
        return sum;
    }

    private static void subtract(double[] x, int i, double share, int l, int width) {
        for (int j = 0; j < width; j++) {
            x[i * width + j] -= share * x[l * width + j];
        }
    }

    /** Takes the longest direction that is left; false if its norm is zero or too large to be reliable. */
    private boolean longest(int kept, int count) {
        int at = 0;
        for (int i = 1; i < kept; i++) {
            at = small[i * kept + i] > small[at * kept + at] ? i : at;
        }
        double square = small[at * kept + at];
        small[at * kept + at] = Double.NEGATIVE_INFINITY;
        order[count] = at;
        return square > 0 && square < LONGEST;
    }

    /** Puts {@code count} combinations of candidates, or of their images, into the slots from {@code first} on. */
    private void recombine(int b, double[] x, int known, int width, int kept, int count, int first) {
        for (int l = 0; l < count; l++) {
            Arrays.fill(product, 0, width, 0);
            for (int i = 0; i < kept; i++) {
                double share = q[order[l] * kept + i];
                for (int j = 0; j < width; j++) {
                    product[j] += share * x[i * width + j];
                }
            }
            System.arraycopy(product, 0, intoV, b * v.capacity(), known);
            Arrays.fill(intoPairs, b * 2 * k, (b + 1) * 2 * k, 0);
            for (int j = known; j < width; j++) {
                intoPairs[b * 2 * k + slot(b, j - known)] = product[j];
            }
            workspace.engine().mix(v, known, intoV, made.part(l, k), row);
            if (width > known) {
                workspace.engine().multiAxpy(pairs, 2 * k, intoPairs, made.part(l, k), row, null);
            }
        }
        for (int l = 0; l < count; l++) {
            pairs.block().copyRow(made, l, b * 2 * k + first + l);
        }
    }
}
