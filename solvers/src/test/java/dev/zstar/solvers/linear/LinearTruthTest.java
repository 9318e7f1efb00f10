package dev.zstar.solvers.linear;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.LinearFixedPoint;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What linear solvers state, held against exact residuals: random systems, many of them singular, defective or at the ends of the range, by
 * every method. The operator rounds once, so what is wrong is the solver's.
 */
class LinearTruthTest {
    private static final MathContext DIGITS = new MathContext(60);

    private interface Planner {
        LinearSolver plan(Engine engine, Type type, int n, Stopping stopping, LinearOperator preconditioner);
    }

    private static Map<String, Planner> methods() {
        Map<String, Planner> methods = new LinkedHashMap<>();
        methods.put("gmres", (e, t, n, s, m) -> Gmres.plan(e, t, 1, n, n + 2, s));
        methods.put("gmres(5)", (e, t, n, s, m) -> Gmres.plan(e, t, 1, n, 5, s));
        methods.put("preconditioned", (e, t, n, s, m) -> Gmres.plan(e, t, 1, n, Gmres.Options.DEFAULT.withPreconditioner(m), s));
        methods.put("flexible", (e, t, n, s, m) -> Gmres.plan(e, t, 1, n, Gmres.Options.DEFAULT.withFlexible(m), s));
        methods.put("recycled", (e, t, n, s, m) -> RecycledGmres.plan(e, t, 1, n, RecycledGmres.Options.DEFAULT, s));
        methods.put("bicgstab", (e, t, n, s, m) -> BiCgStab.plan(e, t, 1, n, s));
        methods.put("cg", (e, t, n, s, m) -> ConjugateGradient.plan(e, t, 1, n, s));
        methods.put("cgls", (e, t, n, s, m) -> NormalEquations.plan(e, t, 1, n, s));
        methods.put("picard", (e, t, n, s, m) -> LinearFixedPoint.picard(e, t, 1, n, 1, s));
        methods.put("anderson", (e, t, n, s, m) -> LinearFixedPoint.anderson(e, t, 1, n, Anderson.Options.DEFAULT, s));
        methods.put("broyden", (e, t, n, s, m) -> LinearFixedPoint.broyden(e, t, 1, n, Broyden.Options.DEFAULT, s));
        return methods;
    }

    /**
     * A matrix whose products are exact but for one rounding to the type; it remembers what it was given, and whether it returned what has
     * no length.
     */
    private static final class Exact implements LinearOperator {
        final Type type;
        final int n;
        final double[] t;
        boolean broke;
        boolean fed;

        Exact(Type type, int n, double[] t) {
            this.type = type;
            this.n = n;
            this.t = t;
        }

        @Override
        public void apply(Block u, Block out, Rows rows) {
            multiply(u, out, n, 1);
        }

        @Override
        public void applyTransposed(Block u, Block out, Rows rows) {
            multiply(u, out, 1, n);
        }

        private void multiply(Block u, Block out, int row, int column) {
            double length = 0;
            boolean finite = true;
            for (int i = 0; i < n; i++) {
                double sum = 0;
                double low = 0;
                for (int j = 0; j < n; j++) {
                    double a = t[i * row + j * column];
                    double x = u.get(0, j);
                    finite &= Double.isFinite(x);
                    double product = a * x;
                    double next = sum + product;
                    double shift = next - sum;
                    low += Math.fma(a, x, -product) + (sum - (next - shift)) + (product - shift);
                    sum = next;
                }
                out.set(0, i, Double.isFinite(low) ? sum + low : sum);
                length = Math.hypot(length, out.get(0, i));
            }
            fed |= !finite;
            broke |= finite && !(length <= (type == Type.F32 ? Float.MAX_VALUE : Double.MAX_VALUE) / 4);
        }
    }

    private static double round(Type type, double x) {
        double most = type == Type.F32 ? Float.MAX_VALUE : Double.MAX_VALUE;
        double held = Math.clamp(x, -most, most);
        return type == Type.F32 ? (float) held : held;
    }

    /** {@code ‖b - (I - T) u‖ / ‖b‖}, and the rounding of what it is made of. */
    private static double[] truth(Type type, double[] t, double[] u, double[] b) {
        int n = b.length;
        BigDecimal square = BigDecimal.ZERO;
        BigDecimal whole = BigDecimal.ZERO;
        BigDecimal terms = BigDecimal.ZERO;
        for (int i = 0; i < n; i++) {
            BigDecimal product = BigDecimal.ZERO;
            for (int j = 0; j < n; j++) {
                product = product.add(new BigDecimal(t[i * n + j]).multiply(new BigDecimal(u[j])));
            }
            BigDecimal r = new BigDecimal(b[i]).subtract(new BigDecimal(u[i])).add(product).round(DIGITS);
            square = square.add(r.multiply(r, DIGITS), DIGITS);
            whole = whole.add(new BigDecimal(b[i]).multiply(new BigDecimal(b[i]), DIGITS), DIGITS);
            BigDecimal most = product.abs().add(new BigDecimal(u[i]).abs()).add(new BigDecimal(b[i]).abs()).add(r.abs());
            terms = terms.add(most.multiply(most, DIGITS), DIGITS);
        }
        BigDecimal residual = square.divide(whole, DIGITS).sqrt(DIGITS);
        BigDecimal rounding = terms.divide(whole, DIGITS).sqrt(DIGITS).multiply(new BigDecimal(2 * type.unitRoundoff()));
        return new double[] {residual.doubleValue(), rounding.doubleValue()};
    }

    /** T of a random kind. */
    private static double[] matrix(Random random, int n, Type type) {
        double[] t = new double[n * n];
        int kind = random.nextInt(10);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double one = i == j ? 1 : 0;
                double gauss = random.nextGaussian() / Math.sqrt(n);
                t[i * n + j] = switch (kind) {
                    case 0, 1 -> 0.9 * gauss;
                    case 2 -> 3 * gauss;
                    // Nilpotent.
                    case 3 -> j > i ? random.nextInt(-3, 4) : 0;
                    // I - T nilpotent, or a Jordan block.
                    case 4 -> one - (j > i ? random.nextInt(-2, 3) : 0);
                    case 5 -> i == j ? 1 : j == i + 1 ? 1 : 0;
                    // I - T with a zero row.
                    case 6 -> i == n / 2 ? one : 0.7 * gauss;
                    // Small integers, often singular.
                    case 7 -> random.nextInt(-1, 2);
                    // A permutation, or a part of one.
                    case 8 -> j == (i + 1) % n && random.nextInt(4) > 0 ? 1 : 0;
                    // I - T of very different sizes.
                    default -> one - (i == j ? Math.pow(10, -random.nextInt(17)) : 0);
                };
            }
        }
        if (kind == 7 && n > 2) {
            // I - T of rank two less: rows that are the sum of others.
            for (int j = 0; j < n; j++) {
                t[j] = (j == 0 ? 1 : 0) + t[n + j] - (j == 1 ? 1 : 0);
            }
        }
        if (random.nextInt(4) == 0) {
            double scale = Math.pow(10, (type == Type.F32 ? 36 : 290) * (2 * random.nextDouble() - 1));
            for (int i = 0; i < n * n; i++) {
                t[i] *= scale;
            }
        }
        for (int i = 0; i < n * n; i++) {
            t[i] = round(type, t[i]);
        }
        return t;
    }

    private static double[] vector(Random random, int n, Type type, double scale) {
        boolean whole = random.nextBoolean();
        double[] b = new double[n];
        for (int i = 0; i < n; i++) {
            b[i] = round(type, scale * (whole ? random.nextInt(-2, 3) : random.nextGaussian()));
        }
        return b;
    }

    private static double scale(Random random, Type type) {
        return random.nextInt(3) > 0 ? 1 : Math.pow(10, type == Type.F32 ? 83 * random.nextDouble() - 45 : 631 * random.nextDouble() - 323);
    }

    /** A system, a preconditioner, a start or null for zero, and rules. */
    private static final class Case {
        final Type type;
        final int n;
        final double[] t;
        final double[] b;
        final double[] m;
        final double[] start;
        final Stopping stopping;

        Case(Type type, int seed) {
            Random random = new Random(seed);
            this.type = type;
            n = 1 + random.nextInt(random.nextBoolean() ? 4 : 40);
            t = matrix(random, n, type);
            b = vector(random, n, type, scale(random, type));
            m = matrix(random, n, type);
            start = random.nextInt(3) == 0 ? vector(random, n, type, scale(random, type)) : null;
            double tolerance = Math.pow(10, -1 - (type == Type.F32 ? 5 : 14) * random.nextDouble());
            stopping = Stopping.relative(tolerance).within(1 + random.nextInt(3 * n + 10));
        }
    }

    private static Status check(Engine engine, Planner method, Case c, String label) {
        Exact exact = new Exact(c.type, c.n, c.t);
        Exact preconditioner = new Exact(c.type, c.n, c.m);
        try (LinearSolver solver = method.plan(engine, c.type, c.n, c.stopping, preconditioner);
                Block rhs = Block.of(c.type, 1, c.n, c.b);
                Block u = Block.of(c.type, 1, c.n, c.start == null ? new double[c.n] : c.start)) {
            Outcome outcome = c.start == null ? solver.solve(exact, rhs, u) : solver.resume(exact, rhs, u);
            Status status = outcome.status(0);
            String name = label + ": " + status + " " + outcome.residual(0) + " in " + outcome.evaluations(0) + " of "
                    + c.stopping.maxEvaluations();
            assertThat(outcome.evaluations(0)).as(name).isLessThanOrEqualTo(c.stopping.maxEvaluations());
            assertThat(Arrays.stream(u.toDoubles()).allMatch(Double::isFinite)).as("%s, finite", name).isTrue();
            assertThat(exact.fed && (solver instanceof Gmres || solver instanceof RecycledGmres))
                    .as("%s, T was given NaN or infinity", name).isFalse();
            assertThat(status).as(name).isNotEqualTo(Status.NONFINITE_INPUT);
            if (status == Status.NONFINITE_OPERATOR) {
                assertThat(exact.broke || preconditioner.broke).as("%s, T broke", name).isTrue();
            }
            double[] residual = truth(c.type, c.t, u.toDoubles(), c.b);
            if (status.isSuccess()) {
                assertThat(residual[0]).as(name).isLessThanOrEqualTo(3 * outcome.residual(0))
                        .isLessThanOrEqualTo(c.stopping.relative() + residual[1]);
            } else {
                double before = c.start == null ? 1 : truth(c.type, c.t, c.start, c.b)[0];
                assertThat(residual[0]).as(name).isLessThanOrEqualTo(before * (1 + 1e-9) + residual[1]);
            }
            return status;
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void whatIsStatedIsTrue(Type type) {
        Map<String, Planner> methods = methods();
        int successes = 0;
        try (Engine engine = Engines.best(1)) {
            for (int seed = 0; seed < 400; seed++) {
                Case c = new Case(type, seed);
                for (Map.Entry<String, Planner> method : methods.entrySet()) {
                    if (Arrays.stream(c.b).anyMatch(x -> x != 0)) {
                        successes += check(engine, method.getValue(), c, method.getKey() + ", " + type + ", seed " + seed + ", n = " + c.n)
                                .isSuccess() ? 1 : 0;
                    }
                }
            }
        }
        assertThat(successes).as("solves that got there").isGreaterThan(800);
    }

    /** A larger budget never gives a worse result, singular systems among them, but for what a shorter u is worth. */
    @Test
    void moreProductsAreNeverWorse() {
        try (Engine engine = Engines.best(1)) {
            for (String name : new String[] {"gmres", "gmres(5)", "preconditioned", "flexible", "recycled"}) {
                for (int seed = 0; seed < 60; seed++) {
                    Random random = new Random(seed);
                    int n = 1 + random.nextInt(12);
                    double[] t = matrix(random, n, Type.F64);
                    double[] m = matrix(random, n, Type.F64);
                    double[] b = vector(random, n, Type.F64, 1);
                    b[0] += 0.5;
                    double before = 1;
                    double rough = 0;
                    for (int budget = 1; budget <= 2 * n + 2; budget++) {
                        try (LinearSolver solver = methods().get(name)
                                .plan(engine, Type.F64, n, Stopping.relative(1e-9).within(budget), new Exact(Type.F64, n, m));
                                Block rhs = Block.of(Type.F64, 1, n, b);
                                Block u = engine.allocate(Type.F64, 1, n)) {
                            Outcome outcome = solver.solve(new Exact(Type.F64, n, t), rhs, u);
                            // Where u is long, both are measured with the rounding of its terms.
                            double rounding = truth(Type.F64, t, u.toDoubles(), b)[1];
                            assertThat(outcome.residual(0))
                                    .as("%s, seed %d, n = %d, budget %d: %s", name, seed, n, budget, outcome.status(0))
                                    .isLessThanOrEqualTo(before * 1.001 + 1e-9 + 2 * (rounding + rough));
                            rough = rounding;
                            before = outcome.residual(0);
                        }
                    }
                }
            }
        }
    }
}
