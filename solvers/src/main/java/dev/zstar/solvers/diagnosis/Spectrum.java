package dev.zstar.solvers.diagnosis;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.DifferentiableMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.internal.GramSchmidt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * The outer eigenvalues of the Jacobian {@code J = ∂f/∂z} of each row at a point. They say whether plain or damped steps contract near it,
 * and how fast.
 *
 * <p>Arnoldi's method (Arnoldi 1951; Saad 2011, section 6.2) uses all iterates of a power iteration, not only the last. From k products it
 * computes k Ritz values of J on the Krylov space of k products. The outermost eigenvalues converge first; with k = n all are found. A
 * {@link DifferentiableMap} computes the products. For any other map they are differences, {@code J v ≈ (f(z + h v) - f(z)) / h} with
 * {@code h = 4 √u max(‖z‖, ‖f(z)‖)} and u the unit roundoff. In f32 their error is about 10⁻³ of the scale of f.
 *
 * <p>An estimate allocates {@code min(steps, n) + 6} blocks of {@code batch × n}, and frees them before it returns.
 */
public final class Spectrum {
    /** Enough products for the outermost eigenvalues, unless the spectrum is crowded at its edge. */
    private static final int STEPS = 40;

    private final List<List<Eigenvalue>> eigenvalues;

    private Spectrum(List<List<Eigenvalue>> eigenvalues) {
        this.eigenvalues = eigenvalues;
    }

    /** A spectrum of which no row is known. */
    static Spectrum unknown(int batch) {
        return new Spectrum(Collections.nCopies(batch, List.of()));
    }

    /** Estimates the eigenvalues at z with 40 products, or with n if n is smaller. A differentiable map is linearised there. */
    public static Spectrum at(Engine engine, FixedPointMap f, Block z) {
        return at(engine, f, z, STEPS);
    }

    /**
     * Estimates the eigenvalues at z. A differentiable map is linearised there, which replaces its points of linearisation.
     *
     * @param z {@code batch × n}; not changed
     * @param steps k, the number of products with J; no more than n are made
     * @throws IllegalArgumentException if {@code steps} is below 1
     */
    public static Spectrum at(Engine engine, FixedPointMap f, Block z, int steps) {
        if (steps < 1) {
            throw new IllegalArgumentException("spectrum: the number of products is " + steps + ", expected at least 1");
        }
        Arguments.present("spectrum", "the engine", engine);
        Arguments.present("spectrum", "the map", f);
        Arguments.present("spectrum", "z", z);
        try (Arnoldi arnoldi = new Arnoldi(engine, f, z, Math.min(steps, z.cols()))) {
            DifferentiableMap map = f.derivatives();
            if (map != null) {
                map.linearise(z, new Rows(z.rows()));
                return new Spectrum(arnoldi.run(map::jvp));
            }
            return new Spectrum(arnoldi.run(arnoldi::difference));
        }
    }

    /**
     * The largest singular value of J at z for each row: the Lipschitz constant of f near z, in the Euclidean norm. The estimate is a
     * lower bound from 20 products with {@code JᵀJ}. It is NaN for a row where f is not finite.
     *
     * @param f this call linearises it at z
     */
    public static double[] lipschitz(Engine engine, DifferentiableMap f, Block z) {
        Arguments.present("lipschitz", "the engine", engine);
        Arguments.present("lipschitz", "the map", f);
        Arguments.present("lipschitz", "z", z);
        try (Arnoldi arnoldi = new Arnoldi(engine, f, z, Math.min(STEPS / 2, z.cols()));
                Block product = engine.allocate(z.type(), z.rows(), z.cols())) {
            f.linearise(z, new Rows(z.rows()));
            return arnoldi.run((v, out, rows) -> {
                        Block jv = product.head(rows.count());
                        f.jvp(v, jv, rows);
                        f.vjp(jv, out, rows);
                    }).stream()
                    .mapToDouble(values -> Math.sqrt(values.stream().mapToDouble(Eigenvalue::re).max().orElse(Double.NaN)))
                    .toArray();
        }
    }

    /** Whether row {@code b} has a spectrum. It has none if z or f(z) is not finite there, or if a product with J was not. */
    public boolean known(int b) {
        return !eigenvalues(b).isEmpty();
    }

    /**
     * The estimates for row {@code b}, by falling modulus, one of each conjugate pair. The small ones are usually inaccurate:
     * {@link Eigenvalue#residual} bounds the error. The list is empty if the spectrum is not {@linkplain #known known}.
     */
    public List<Eigenvalue> eigenvalues(int b) {
        return eigenvalues.get(Arguments.row("spectrum", b, eigenvalues.size()));
    }

    /**
     * The eigenvalue of the largest modulus of row {@code b}. Its modulus is the spectral radius.
     *
     * @throws IllegalStateException if the spectrum is not {@linkplain #known known}
     */
    public Eigenvalue dominant(int b) {
        return require(b).getFirst();
    }

    /**
     * The eigenvalue of the largest real part of row {@code b}. If that is 1 or more, no damping makes plain steps contract.
     *
     * @throws IllegalStateException if the spectrum is not {@linkplain #known known}
     */
    public Eigenvalue rightmost(int b) {
        return require(b).stream().max((x, y) -> Double.compare(x.re(), y.re())).orElseThrow();
    }

    /**
     * The β below which steps {@code z + β (f(z) - z)} contract near row {@code b}, in every direction that was found; 0 if there is no
     * such β.
     *
     * @throws IllegalStateException if the spectrum is not {@linkplain #known known}
     */
    public double largestDamping(int b) {
        return require(b).stream().mapToDouble(Eigenvalue::largestDamping).min().orElseThrow();
    }

    /**
     * The factor by which a step {@code z + β (f(z) - z)} multiplies the error of row {@code b}, once only the slowest direction is left.
     *
     * @throws IllegalStateException if the spectrum is not {@linkplain #known known}
     */
    public double rate(int b, double β) {
        return require(b).stream().mapToDouble(value -> value.factor(β)).max().orElseThrow();
    }

    private List<Eigenvalue> require(int b) {
        if (!known(b)) {
            throw new IllegalStateException("the spectrum of row " + b + " is unknown, since z, f(z) or a product with J is not finite");
        }
        return eigenvalues.get(b);
    }

    /** An orthonormal basis of v, T v, T² v … for each row, and the matrix of T in it. */
    private static final class Arnoldi implements AutoCloseable {
        private final Engine engine;
        private final FixedPointMap f;
        private final int m;
        private final int batch;
        private final List<Block> blocks = new ArrayList<>();
        private final Rows rows;
        private final Basis v;
        private final Basis point;
        private final Basis value;
        private final Block u;
        private final Block w;
        private final Block shifted;
        private final double[] ones;
        private final double[] minus;
        /** By row of the batch: h. By position, for a product: h, 1/h and 0. */
        private final double[] size;
        private final double[] step;
        private final double[] inverse;
        private final double[] zeros;

        Arnoldi(Engine engine, FixedPointMap f, Block z, int m) {
            this.engine = engine;
            this.f = f;
            this.m = m;
            batch = z.rows();
            Type type = z.type();
            int n = z.cols();
            rows = new Rows(batch);
            ones = new double[batch];
            minus = new double[batch];
            size = new double[batch];
            step = new double[batch];
            inverse = new double[batch];
            zeros = new double[batch];
            try {
                v = basis(type, m + 1, n);
                point = basis(type, 1, n);
                value = basis(type, 1, n);
                u = block(type, n);
                w = block(type, n);
                shifted = block(type, n);
                prepare(z);
            } catch (Throwable e) {
                // Memory was refused, or f threw.
                close();
                throw e;
            }
        }

        /** Keeps z and f(z), finds h, and drops the rows in which they are not finite. */
        private void prepare(Block z) {
            Type type = z.type();
            Arrays.fill(ones, 1);
            Arrays.fill(minus, -1);
            engine.store(z, ones, point, 0, rows);
            f.apply(z, w, rows);
            engine.store(w, ones, value, 0, rows);
            double[] length = new double[batch];
            double[] image = new double[batch];
            engine.norm(z, length);
            engine.norm(w, image);
            int kept = 0;
            for (int b = 0; b < batch; b++) {
                double scale = Math.max(length[b], image[b]);
                // Differences of denormal numbers have no digits.
                double least = (type == Type.F32 ? Float.MIN_NORMAL : Double.MIN_NORMAL) / type.unitRoundoff();
                size[b] = Math.max(least, 4 * Math.sqrt(type.unitRoundoff()) * (scale > 0 ? scale : 1));
                if (length[b] + image[b] < Double.POSITIVE_INFINITY) {
                    rows.place(kept++, b);
                }
            }
            rows.truncate(kept);
        }

        private Block block(Type type, int n) {
            Block block = engine.allocate(type, batch, n);
            blocks.add(block);
            return block;
        }

        private Basis basis(Type type, int capacity, int n) {
            Basis basis = Basis.allocate(engine, type, batch, capacity, n);
            blocks.add(basis.block());
            return basis;
        }

        /** {@code out = (f(z + h v) - f(z)) / h}. */
        void difference(Block direction, Block out, Rows active) {
            Block at = shifted.head(active.count());
            for (int p = 0; p < active.count(); p++) {
                step[p] = size[active.index(p)];
                inverse[p] = 1 / step[p];
            }
            engine.mix(point, 1, ones, at, active);
            engine.axpby(step, direction, ones, at);
            f.apply(at, out, active);
            engine.multiAxpy(value, 1, minus, out, active, null);
            engine.axpby(zeros, at, inverse, out);
        }

        List<List<Eigenvalue>> run(LinearOperator t) {
            int capacity = m + 1;
            double[][][] h = new double[batch][m + 1][m];
            int[] order = new int[batch];
            double[] last = new double[batch];
            GramSchmidt gramSchmidt = new GramSchmidt(engine, v, GramSchmidt.ALWAYS);
            double[] unit = new double[batch * capacity];
            double[] scale = new double[batch];
            start(scale);
            for (int j = 0; j < m && rows.count() > 0; j++) {
                int active = rows.count();
                Block wj = w.head(active);
                Arrays.fill(unit, 0);
                for (int b = 0; b < batch; b++) {
                    unit[b * capacity + j] = 1;
                }
                engine.mix(v, j + 1, unit, u.head(active), rows);
                t.apply(u.head(active), wj, rows);
                gramSchmidt.orthogonalise(j + 1, wj, rows, u.head(active));
                int kept = 0;
                for (int p = 0; p < active; p++) {
                    int b = rows.index(p);
                    for (int i = 0; i <= j; i++) {
                        h[b][i][j] = gramSchmidt.h[b * capacity + i];
                    }
                    if (!(gramSchmidt.whole[b] < Double.POSITIVE_INFINITY)) {
                        continue;
                    }
                    double below = gramSchmidt.left[b];
                    order[b] = j + 1;
                    last[b] = gramSchmidt.isIndependent(b) ? below : 0;
                    if (last[b] > 0 && j + 1 < m) {
                        h[b][j + 1][j] = below;
                        scale[b] = 1 / below;
                        wj.copyRow(wj, p, kept);
                        rows.place(kept++, b);
                    }
                }
                rows.truncate(kept);
                engine.store(w.head(kept), scale, v, j + 1, rows);
            }
            List<List<Eigenvalue>> found = new ArrayList<>();
            int n = u.cols();
            for (int b = 0; b < batch; b++) {
                found.add(order[b] == 0 ? List.of() : Hessenberg.eigenvalues(h[b], order[b], order[b] == n ? 0 : last[b]));
            }
            return Collections.unmodifiableList(found);
        }

        /** The same random direction for every row, so that an estimate does not depend on the position of its row. */
        private void start(double[] scale) {
            Block direction = w.head(rows.count());
            Random random = new Random(1);
            for (int i = 0; i < direction.cols(); i++) {
                double element = random.nextGaussian();
                for (int p = 0; p < direction.rows(); p++) {
                    direction.set(p, i, element);
                }
            }
            double[] length = new double[batch];
            engine.norm(direction, length);
            for (int p = 0; p < rows.count(); p++) {
                scale[rows.index(p)] = 1 / length[p];
            }
            engine.store(direction, scale, v, 0, rows);
        }

        @Override
        public void close() {
            blocks.forEach(Block::close);
        }
    }
}
