package dev.zstar.solvers.linear;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.guard.Lengths;
import dev.zstar.solvers.internal.SymmetricEigen;
import java.util.Arrays;

/**
 * The s directions of a Krylov space in which {@code A = I - T} is smallest: the right singular vectors y of the smallest singular values
 * of H̄, in {@code A V = V⁺ H̄}. They are the pairs {@code U = V y}, {@code G = A U = V⁺ H̄ y} that {@link IdrCycle} starts from. They take
 * no product.
 *
 * <p>The pairs replace V in its own memory: G in the first s slots, U in the next s. Only the span of the y matters. So they are reduced
 * until each has a 1 at an index where the others have 0, and U takes the slots of these vectors.
 */
final class SmallestDirections {
    private final Engine engine;
    private final int s;
    private final int m;
    private final Basis v;
    private final HessenbergLeastSquares small;
    private final Rows row;
    /** {@code H̄ᵀH̄}, its eigenvectors, and the directions, row by row. */
    private final double[] square;
    private final double[] vectors;
    private final double[] y;
    private final double[] coefficients;
    /** The slot of each vector of V. */
    private final int[] slot;

    SmallestDirections(Workspace workspace, Basis v, int s, HessenbergLeastSquares small) {
        engine = workspace.engine();
        this.s = s;
        m = v.capacity();
        this.v = v;
        this.small = small;
        row = new Rows(workspace.batch());
        square = new double[m * m];
        vectors = new double[m * m];
        y = new double[s * m];
        coefficients = new double[workspace.batch() * m];
        slot = new int[m];
    }

    /**
     * Replaces V by pairs in row b.
     *
     * @param held s vectors, overwritten
     * @param one a block, of which the first row is overwritten
     * @return how many pairs there are. The others are zero
     */
    int replace(int b, Block held, Block one) {
        // The last vector of the space has not been stored, so the last column of H̄ is left out.
        int columns = Math.max(0, Math.min(small.steps(b), m) - 1);
        int count = Math.min(s, columns);
        row.reset(0);
        row.append(b);
        Arrays.fill(y, 0);
        smallest(b, columns, count);
        for (int l = 0; l < m; l++) {
            slot[l] = l;
        }
        reduce(b, columns, count, one);
        for (int i = 0; i < s; i++) {
            Arrays.fill(coefficients, b * m, (b + 1) * m, 0);
            for (int l = 0; i < count && l <= columns; l++) {
                double sum = 0;
                for (int j = Math.max(0, l - 1); j < columns; j++) {
                    sum += small.element(b, l, j) * y[i * m + j];
                }
                coefficients[b * m + slot[l]] = sum;
            }
            engine.mix(v, m, coefficients, held.part(i, s), row);
        }
        for (int i = 0; i < s; i++) {
            Arrays.fill(coefficients, b * m, (b + 1) * m, 0);
            for (int j = 0; i < count && j < columns; j++) {
                coefficients[b * m + slot[j]] = y[i * m + j];
            }
            engine.mix(v, m, coefficients, one.head(1), row);
            v.block().copyRow(one, 0, b * m + s + i);
        }
        for (int i = 0; i < s; i++) {
            v.block().copyRow(held, i, b * m + i);
        }
        return count;
    }

    /** The eigenvectors of the {@code count} smallest eigenvalues of {@code H̄ᵀH̄}. */
    private void smallest(int b, int columns, int count) {
        for (int i = 0; i < columns; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int l = 0; l <= j + 1; l++) {
                    sum += small.element(b, l, i) * small.element(b, l, j);
                }
                square[i * columns + j] = sum;
                square[j * columns + i] = sum;
            }
        }
        SymmetricEigen.decompose(square, vectors, columns);
        for (int i = 0; i < count; i++) {
            int least = 0;
            for (int l = 1; l < columns; l++) {
                least = square[l * columns + l] < square[least * columns + least] ? l : least;
            }
            square[least * columns + least] = Double.POSITIVE_INFINITY;
            System.arraycopy(vectors, least * columns, y, i * m, columns);
        }
    }

    /** Makes direction i the only one with an element at some index, where it has a 1, and moves that vector of V to slot s + i. */
    private void reduce(int b, int columns, int count, Block one) {
        for (int i = 0; i < count; i++) {
            int best = i;
            int pivot = 0;
            for (int k = i; k < count; k++) {
                for (int j = 0; j < columns; j++) {
                    if (Math.abs(y[k * m + j]) > Math.abs(y[best * m + pivot])) {
                        best = k;
                        pivot = j;
                    }
                }
            }
            double scale = 1 / y[best * m + pivot];
            for (int j = 0; j < columns; j++) {
                double swap = y[best * m + j];
                y[best * m + j] = y[i * m + j];
                y[i * m + j] = scale * swap;
            }
            y[i * m + pivot] = 1;
            for (int k = 0; k < count; k++) {
                double factor = y[k * m + pivot];
                for (int j = 0; k != i && j < columns; j++) {
                    y[k * m + j] -= factor * y[i * m + j];
                }
                y[k * m + pivot] = k == i ? 1 : 0;
            }
            move(b, pivot, s + i, one);
        }
    }

    /** {@code ‖y‖} of direction i of the last row. */
    double length(int i) {
        return Lengths.of(y, i * m, m);
    }

    /** Exchanges vector l of V with the vector in a slot. */
    private void move(int b, int l, int to, Block one) {
        int from = slot[l];
        if (from == to) {
            return;
        }
        int other = 0;
        while (slot[other] != to) {
            other++;
        }
        one.copyRow(v.block(), b * m + from, 0);
        v.block().copyRow(v.block(), b * m + to, b * m + from);
        v.block().copyRow(one, 0, b * m + to);
        slot[l] = to;
        slot[other] = from;
    }
}
