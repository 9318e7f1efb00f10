package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.FiniteDifferences;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.RowData;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.linear.LinearSolver;
import org.junit.jupiter.api.Test;

/** Page 2 of the guide: your own map, for a batch. */
class Level2OwnMapTest {
    /** The loss is the sum of all elements of z; its gradient with respect to each a, by differences of whole solves. */
    private static double loss(double a) {
        double x = 0;
        double y = 0;
        for (int k = 0; k < 200; k++) {
            double next = a * Math.cos(y);
            y = a * Math.sin(x) + 1;
            x = next;
        }
        return x + y;
    }

    @Test
    void rows() {
        // guide
        double[] a = {0.2, 0.5, 0.8};                                        // one value for each problem
        FixedPointMap f = FixedPointMap.rowwise((row, z, out) -> {
            out[0] = a[row] * Math.cos(z[1]);
            out[1] = a[row] * Math.sin(z[0]) + 1;
        });
        // end
        double[] found = new double[3];
        // guide
        try (Engine engine = Engines.best(1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, 3, 2, Stopping.relative(1e-10));     // batch 3, n = 2
                Block z = engine.allocate(Type.F64, 3, 2)) {                 // the start: zeros
            Outcome outcome = solver.solve(f, z);                            // now z holds the fixed points
            for (int row = 0; row < 3; row++) {
                System.out.println(outcome.status(row) + ": " + z.get(row, 0) + ", " + z.get(row, 1));
                // hide
                found[row] = z.get(row, 0) + z.get(row, 1);
                // show
            }
        }
        // end
        for (int row = 0; row < 3; row++) {
            assertThat(found[row]).isCloseTo(loss(a[row]), within(1e-8));
        }
    }

    @Test
    void derivatives() {
        double[] a = {0.2, 0.5, 0.8};
        FixedPointMap f = FixedPointMap.rowwise((row, z, out) -> {
            out[0] = a[row] * Math.cos(z[1]);
            out[1] = a[row] * Math.sin(z[0]) + 1;
        });
        double[] da = new double[3];
        double[] byDifferences;
        try (Engine engine = Engines.best(1);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, 3, 2, Stopping.relative(1e-12));
                Block z = engine.allocate(Type.F64, 3, 2)) {
            solver.solve(f, z);
            // guide
            LinearSolver linear = LinearSolver.plan(engine, Type.F64, 3, 2, Stopping.relative(1e-10));
            Block g = Block.of(Type.F64, 3, 2, 1, 1, 1, 1, 1, 1);            // ∂L/∂z*, here of L = the sum of all elements
            Block v = engine.allocate(Type.F64, 3, 2);
            try (FiniteDifferences differences = new FiniteDifferences(engine, Type.F64, 3, 2, f)) {
                differences.linearise(z, new Rows(3));                       // at the fixed points; all 3 rows, each at its own position
                linear.solve(differences.adjoint(), g, v);                   // (I - Jᵀ) v = g
            }
            // end
            byDifferences = v.toDoubles();
            v.fill(0);
            // guide
            FixedPointMap transpose = FixedPointMap.rowwise((row, u, out) -> {
                out[0] = a[row] * Math.cos(z.get(row, 0)) * u[1];
                out[1] = -a[row] * Math.sin(z.get(row, 1)) * u[0];
            });
            linear.solve(transpose::apply, g, v);                            // (I - Jᵀ) v = g
            for (int row = 0; row < 3; row++) {                              // ∂L/∂a = vᵀ ∂f/∂a
                da[row] = v.get(row, 0) * Math.cos(z.get(row, 1)) + v.get(row, 1) * Math.sin(z.get(row, 0));
            }
            // end
            assertThat(v.toDoubles()).containsExactly(byDifferences, within(1e-8));
            linear.close();
            g.close();
            v.close();
        }
        for (int row = 0; row < 3; row++) {
            double h = 1e-6;
            assertThat(da[row]).isCloseTo((loss(a[row] + h) - loss(a[row] - h)) / (2 * h), within(1e-7));
        }
    }

    // guide
    /** f(z; a, x) = x - a z², element by element: J = -2 a diag(z), ∂f/∂a = -z². */
    static final class Quadratic implements EquilibriumMap<double[]>, AutoCloseable {
        private final Engine engine;
        private final double a;
        private final RowData input;
        private final RowData point;
        private long version;

        Quadratic(Engine engine, int batch, int n, double a) {
            this.engine = engine;
            this.a = a;
            input = new RowData(engine, Type.F64, batch, n, "input", "inject(x)");
            point = new RowData(engine, Type.F64, batch, n, "point", "linearise(z, rows)");
        }

        @Override
        public void inject(Block x) {                                        // sets the input of the following solves
            input.open(x.rows()).copyFrom(x);
            input.fill(x.rows());
            point.clear();
            version++;
        }

        @Override
        public long version() {                                              // changes with every input, and with every parameter
            return version;
        }

        @Override
        public void apply(Block z, Block out, Rows rows) {                   // out = f(z) = x - a z²
            engine.multiply(z, z, out);
            engine.axpby(1, input.gather("apply", rows), -a, out);
        }

        @Override
        public void linearise(Block z, Rows rows) {                          // sets the points of vjp and jvp, row by row
            point.clear();
            for (int p = 0; p < rows.count(); p++) {
                int row = rows.index(p);
                point.openRow(row).copyRow(z, p, 0);                         // row p of z to row 0 of the view
                point.fillRow(row);
            }
        }

        @Override
        public void vjp(Block u, Block out, Rows rows) {                     // out = Jᵀ u = -2 a z u
            engine.multiply(point.gather("vjp", rows), u, out);
            engine.scale(-2 * a, out);
        }

        @Override
        public void jvp(Block v, Block out, Rows rows) {                     // out = J v; here J = Jᵀ
            vjp(v, out, rows);
        }

        @Override
        public void gradients(Block v, Block z, Block x, Rows rows, double[] sum) {
            for (int p = 0; p < rows.count(); p++) {
                for (int i = 0; i < z.cols(); i++) {
                    sum[0] -= v.get(p, i) * z.get(p, i) * z.get(p, i);       // sum += vᵀ ∂f/∂a
                }
            }
        }

        @Override
        public void close() {
            input.close();
            point.close();
        }
    }
    // end

    /** z = x - a z² is a quadratic equation: a z² + z - x = 0, z = (√(1 + 4 a x) - 1) / 2a. */
    private static double root(double a, double x) {
        return (Math.sqrt(1 + 4 * a * x) - 1) / (2 * a);
    }

    @Test
    void gradients() {
        double a = 0.3;
        double[] sum = new double[1];
        try (Engine engine = Engines.best(1);
                Block x = Block.of(Type.F64, 2, 2, 0.1, 0.5, 0.9, 1.2);
                Block g = Block.of(Type.F64, 2, 2, 1, 1, 1, 1);
                Block z = engine.allocate(Type.F64, 2, 2);
                FixedPointSolver solver = FixedPointSolver.plan(engine, Type.F64, 2, 2, Stopping.relative(1e-10))) {
            // guide
            try (Quadratic map = new Quadratic(engine, 2, 2, a);
                    var layer = EquilibriumLayer.plan(map, solver, GradientMode.exact(1e-10))) {
                layer.forward(x, z);                                         // injects x; z* of each row of x
                layer.backward(g, sum);                                      // linearises at z*; adds ∂L/∂a to sum[0], with g = ∂L/∂z*
            }
            // end
            double expected = 0;
            for (int k = 0; k < 4; k++) {
                double xk = x.get(k / 2, k % 2);
                assertThat(z.get(k / 2, k % 2)).isCloseTo(root(a, xk), within(1e-9));
                expected += (root(a + 1e-5, xk) - root(a - 1e-5, xk)) / 2e-5;
            }
            assertThat(sum[0]).isCloseTo(expected, within(1e-7));
        }
    }

    @Test
    void derivativesByHandAreThoseByDifferences() {
        Rows all = new Rows(2);
        try (Engine engine = Engines.best(1);
                Block x = Block.of(Type.F64, 2, 2, 0.1, 0.5, 0.9, 1.2);
                Block z = Block.of(Type.F64, 2, 2, 0.3, 0.2, -0.4, 0.5);
                Block g = Block.of(Type.F64, 2, 2, 1, -2, 0.5, 1);
                Block byHand = engine.allocate(Type.F64, 2, 2);
                Block byDifferences = engine.allocate(Type.F64, 2, 2);
                Quadratic map = new Quadratic(engine, 2, 2, 0.3)) {
            // guide
            map.inject(x);
            try (FiniteDifferences differences = new FiniteDifferences(engine, Type.F64, 2, 2, map)) {
                map.linearise(z, all);                                       // all = new Rows(2)
                map.vjp(g, byHand, all);
                differences.linearise(z, all);
                differences.vjp(g, byDifferences, all);                      // equal to about 10⁻¹⁰
            }
            // end
            assertThat(byHand.toDoubles()).containsExactly(byDifferences.toDoubles(), within(1e-9));
        }
    }
}
