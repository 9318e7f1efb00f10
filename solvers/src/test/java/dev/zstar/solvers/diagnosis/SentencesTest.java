package dev.zstar.solvers.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import dev.zstar.solvers.fixedpoint.Picard;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** Each sentence is true of the map and the solve that it is about. */
class SentencesTest {
    private static final String NO_SOLUTION = "There may be no solution";

    private static FixedPointMap scalar(DoubleUnaryOperator f) {
        return FixedPointMap.rowwise((row, z, out) -> {
            for (int i = 0; i < z.length; i++) {
                out[i] = f.applyAsDouble(z[i]);
            }
        });
    }

    private static List<FixedPointSolver> solvers(Engine engine, Type type, int batch, int n, Stopping stopping) {
        return List.of(Anderson.plan(engine, type, batch, n, Anderson.Options.DEFAULT, stopping),
                Broyden.plan(engine, type, batch, n, Broyden.Options.DEFAULT, stopping),
                NewtonKrylov.plan(engine, type, batch, n, NewtonKrylov.Options.DEFAULT, stopping),
                Picard.plan(engine, type, batch, n, Picard.Options.PLAIN, stopping),
                Picard.plan(engine, type, batch, n, 0.5, stopping),
                Picard.plan(engine, type, batch, n, Picard.Options.ADAPTIVE, stopping));
    }

    /** What no explanation says: a bare status, a factor that tells nothing, a plural of one. */
    private static void assertIsEnglish(String text) {
        assertThat(text).doesNotContainPattern("ended [A-Z]").doesNotContainPattern("(by about|factor of) 1\\.00\\b")
                .doesNotContain("All 2 rows")
                .doesNotContainPattern("\\b1 (evaluation|more plain step)s").doesNotContain("NaN each").doesNotContain("null")
                .doesNotContainPattern("\\.\\.").endsWith(".");
    }

    private static String explain(FixedPointSolver solver, FixedPointMap f, Block z, double start) {
        z.fill(start);
        solver.solve(f, z);
        String text = Diagnosis.of(solver, f, z).toString();
        text.lines().forEach(SentencesTest::assertIsEnglish);
        return text;
    }

    /** None of these has a fixed point, whatever the method; the residual is at its minimum where its slope is 0. */
    @Test
    void whereThereIsNoSolutionItIsSaidThatThereMayBeNone() {
        List<DoubleUnaryOperator> without = List.of(z -> z + 1, z -> z * z + 1, Math::exp, z -> z + 1 + 0.2 * Math.sin(z));
        for (Type type : Type.values()) {
            try (Engine engine = Engines.best(1); Block z = engine.allocate(type, 1, 3)) {
                for (int i = 0; i < without.size(); i++) {
                    FixedPointMap f = scalar(without.get(i));
                    for (FixedPointSolver solver : solvers(engine, type, 1, 3, Stopping.relative(1e-6).within(200))) {
                        try (solver) {
                            String text = explain(solver, f, z, 0.1);
                            if (text.contains("NONFINITE") || text.contains("CONVERGED")) {
                                // Next to a large z a step of 1 is small: f(z) = z + 1 has no fixed point, but meets a relative tolerance.
                                continue;
                            }
                            assertThat(text).as("map %s, %s, %s", i, solver.getClass().getSimpleName(), type)
                                    .containsAnyOf(NO_SOLUTION, ", if there is a solution");
                            if (i == 0) {
                                assertThat(text).contains("an eigenvalue of about 1.00, so f(z) - z hardly changes when z moves in its "
                                        + "direction. There may be no solution. Damping does not help.");
                            }
                        }
                    }
                }
            }
        }
    }

    /** A solver that failed is not recommended. */
    @Test
    void anotherMethodIsRecommended() {
        FixedPointMap f = scalar(z -> z + 1);
        try (Engine engine = Engines.best(1); Block z = engine.allocate(Type.F64, 1, 2)) {
            List<String> names = List.of("Newton-Krylov or Broyden", "Newton-Krylov or Anderson", "Broyden or Anderson",
                    "Newton-Krylov, Broyden or Anderson", "Newton-Krylov, Broyden or Anderson", "Newton-Krylov, Broyden or Anderson");
            List<FixedPointSolver> solvers = solvers(engine, Type.F64, 1, 2, Stopping.relative(1e-6).within(30));
            for (int i = 0; i < names.size(); i++) {
                try (FixedPointSolver solver = solvers.get(i)) {
                    assertThat(explain(solver, f, z, 0)).contains(". " + names.get(i) + " may converge, if there is a solution.");
                }
            }
        }
    }

    /** Of a factor of about 1 it is said that nothing changes; where steps contract slowly, as many digits as tell it from 1. */
    @Test
    void aFactorNearOneIsNoGrowth() {
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 2, Picard.Options.PLAIN, Stopping.relative(1e-9).within(20));
                Block z = engine.allocate(Type.F64, 1, 2)) {
            assertThat(explain(picard, scalar(v -> 3 - v), z, 0)).contains("an eigenvalue of about -1.00, so each plain step reverses "
                    + "an error in its direction and hardly changes its size. Damped plain steps, z + β (f(z) - z), contract there for "
                    + "β below ");
            assertThat(explain(picard, FixedPointMap.rowwise((row, v, out) -> {
                out[0] = 1 - v[1];
                out[1] = 1 + v[0];
            }), z, 0)).contains("so each plain step rotates an error in its plane and hardly changes its size.");
            assertThat(explain(picard, scalar(v -> 1 + 0.9996 * v), z, 0)).contains("multiplies the error by about 0.99960.");
        }
    }

    /** Every eigenvalue of 1 is reported, not only the largest. */
    @Test
    void aSingularDirectionIsFoundBesideLargerOnes() {
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 2, 0.2, Stopping.relative(1e-9).within(50));
                Block z = engine.allocate(Type.F64, 1, 2)) {
            String text = explain(picard, FixedPointMap.rowwise((row, v, out) -> {
                out[0] = 1 - 3 * v[0];
                out[1] = v[1] + 1;
            }), z, 0);
            assertThat(text).contains("an eigenvalue of about 1.00, so f(z) - z hardly changes").contains(NO_SOLUTION)
                    .doesNotContain("contract there");
        }
    }

    /** f(z) = 2 z + 1 has the solution -1, and the method that is recommended finds it. */
    @Test
    void aRecommendedMethodConvergesIfThereIsASolution() {
        FixedPointMap f = scalar(z -> 2 * z + 1);
        try (Engine engine = Engines.best(1); Block z = engine.allocate(Type.F64, 1, 2)) {
            List<FixedPointSolver> solvers = solvers(engine, Type.F64, 1, 2, Stopping.relative(1e-9).within(50));
            String text = explain(solvers.get(3), f, z, 0);
            assertThat(text).contains("so each plain step multiplies an error in its direction by about 2.00. Its real part is at least 1, "
                    + "so damping does not help. Newton-Krylov, Broyden or Anderson may converge, if there is a solution.");
            for (FixedPointSolver solver : solvers.subList(0, 3)) {
                z.fill(0);
                assertThat(solver.solve(f, z).succeeded()).isTrue();
            }
            solvers.forEach(FixedPointSolver::close);
        }
    }

    /** Weights are mentioned only for a map that has weights. */
    @Test
    void weightsAreMentionedWhereThereAreSome() {
        String weights = "if the weights give f a Lipschitz constant below 1";
        try (Engine engine = Engines.best(1);
                DenseCell cell = Problems.cell(engine, Activation.IDENTITY, Type.F64, 4, 1, 2.5, 1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 4, Picard.Options.PLAIN, Stopping.relative(1e-9).within(20));
                Block z = engine.allocate(Type.F64, 1, 4)) {
            assertThat(explain(picard, cell, z, 0)).contains(weights);
            assertThat(explain(picard, (in, out, rows) -> cell.apply(in, out, rows), z, 0)).doesNotContain(weights);
            assertThat(explain(picard, scalar(v -> 2 * v + 1), z, 0)).doesNotContain(weights);
        }
    }

    /** An absolute tolerance is no reason to say that the relative one, which is 0, is out of reach. */
    @Test
    void noRelativeToleranceIsNotCalledOutOfReach() {
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 2, Picard.Options.PLAIN,
                        Stopping.relative(0).orAbsolute(1e-6).within(5));
                Block z = engine.allocate(Type.F64, 1, 2)) {
            assertThat(explain(picard, scalar(v -> 1 + 0.5 * v), z, 0))
                    .endsWith("Each plain step there multiplies the error by about 0.500.");
        }
    }

    /** f is finite at the state, but not next to it. */
    @Test
    void anEdgeOfTheDomainIsNotMeasured() {
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 1, 1, Picard.Options.PLAIN, Stopping.relative(1e-9).within(1));
                Block z = engine.allocate(Type.F64, 1, 1)) {
            String text = explain(picard, scalar(v -> v > 1.1 ? Double.NaN : 1.3 + 0.5 * Math.sin(v)), z, 1);
            assertThat(text).contains("but six trial steps led to NaN or infinity. There may be no solution near this state.");
        }
    }

    /** A row that was solved is described, and not advised. */
    @Test
    void successIsNotAdvised() {
        try (Engine engine = Engines.best(1);
                Anderson anderson = Anderson.plan(engine, Type.F64, 1, 2, Anderson.Options.DEFAULT, Stopping.relative(1e-9));
                Block z = engine.allocate(Type.F64, 1, 2)) {
            String text = explain(anderson, scalar(v -> 2 * v + 1), z, 0);
            assertThat(text).contains("ended with CONVERGED_RELATIVE").endsWith("multiplies an error in its direction by about 2.00.");
        }
    }

    /** An exception during the diagnosis is reported. The outcome stays, and no memory leaks. */
    @Test
    void anExceptionDuringTheDiagnosisIsASentence() {
        long before = Block.liveBytes();
        try (Engine engine = Engines.best(1);
                Picard picard = Picard.plan(engine, Type.F64, 2, 2, Picard.Options.PLAIN, Stopping.relative(1e-9).within(4));
                Block z = engine.allocate(Type.F64, 2, 2)) {
            for (int last = 4; last < 20; last++) {
                int[] calls = {0};
                int limit = last;
                FixedPointMap f = (in, out, rows) -> {
                    if (calls[0]++ >= limit) {
                        throw new IllegalStateException("outside of the domain");
                    }
                    for (int p = 0; p < rows.count(); p++) {
                        for (int i = 0; i < 2; i++) {
                            out.set(p, i, 1 - 2 * in.get(p, i));
                        }
                    }
                };
                z.fill(0);
                picard.solve(f, z);
                Diagnosis diagnosis = Diagnosis.of(picard, f, z);
                assertThat(diagnosis.sentences()).isEqualTo(diagnosis.failures()).hasSize(2);
                assertThat(diagnosis.sentences().get(0)).startsWith("Both rows ended with MAX_EVALUATIONS after 4 evaluations");
                assertThat(diagnosis.sentences().get(1)).isEqualTo("The reason is not known, because examining f near the returned states "
                        + "failed: java.lang.IllegalStateException: outside of the domain.");
                assertThat(diagnosis.spectrum().known(1)).isFalse();
            }
        }
        assertThat(Block.liveBytes()).isEqualTo(before);
    }

    /** What is no rounding is not called rounding, and NaN is no tolerance. */
    @Test
    void aLargeResidualIsNotRounding() {
        List<DoubleUnaryOperator> maps = List.of(v -> 1 / v, v -> 1 / v, v -> v > 0.5 ? 0 : 1, v -> -1 / (v * v * v));
        double[] starts = {-1e-200, 1e200, 0, 1e-100};
        Random random = new Random(1);
        try (Engine engine = Engines.best(1); Block z = engine.allocate(Type.F64, 1, 1)) {
            for (FixedPointSolver solver : solvers(engine, Type.F64, 1, 1, Stopping.relative(1e-10).within(100))) {
                try (solver) {
                    for (int i = 0; i < starts.length; i++) {
                        assertThat(explain(solver, scalar(maps.get(i)), z, starts[i])).as("map %s, %s", i, solver.getClass())
                                .doesNotContain("rounding level", "A tolerance of", "NaN was", "Infinity, so");
                    }
                    assertThat(explain(solver, scalar(v -> random.nextDouble()), z, 0)).as("random, %s", solver.getClass())
                            .doesNotContain("rounding level", "A tolerance of")
                            .contains("so f may jump or be very steep there, or may not be a function of z alone.");
                }
            }
        }
    }
}
