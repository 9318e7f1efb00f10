package dev.zstar.benchmarks.problems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ZerosTest {
    /** f at a state whose elements are all the same, computed by hand. */
    static Stream<Arguments> values() {
        return Stream.of(
                Arguments.of(Zeros.square(), 0.5, 0.25),
                Arguments.of(Zeros.ramp(), 2, 0.8),
                Arguments.of(Zeros.ramp(), 0.25, 0),
                Arguments.of(Zeros.steep(), 1e-8, 1),
                Arguments.of(Zeros.halving(1e-170), 1e-170, 1.5e-170),
                Arguments.of(Zeros.crowd(64), 0, 1),
                Arguments.of(Zeros.crowd(64), 1, 0),
                Arguments.of(Zeros.crowd(64), 0.25, 0.5),
                Arguments.of(Zeros.off(8, 0.9), 0, 0),
                Arguments.of(Zeros.odd(8, 0.9), 0, 0));
    }

    @ParameterizedTest
    @MethodSource("values")
    void valuesOfTheMaps(Problem problem, double z, double expected) {
        try (Block in = Block.allocate(Type.F64, 1, problem.n());
                Block out = Block.allocate(Type.F64, 1, problem.n())) {
            in.fill(z);
            problem.map().apply(in, out, new Rows(1));
            for (double value : out.toDoubles()) {
                assertThat(value).isCloseTo(expected, within(1e-15 * expected));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void knownSolutionsAreFixedPoints(Type type) {
        for (Problem problem : Zeros.all(type)) {
            assertThat(problem.residual(problem.solution().orElseThrow())).as(problem.name()).isLessThanOrEqualTo(1e-15);
            assertThat(problem.residual(problem.start())).as(problem.name()).isGreaterThan(0.1);
        }
    }

    /** 0 attracts from everywhere: from any state the next one is at most 0.9 times as long. */
    @Test
    void cellsWithEquilibriumZeroContract() {
        for (Problem problem : List.of(Zeros.off(64, 0.9), Zeros.odd(64, 0.9))) {
            try (Block z = Block.of(Type.F64, 1, 64, problem.start());
                    Block out = Block.allocate(Type.F64, 1, 64)) {
                for (int k = 0; k < 20; k++) {
                    problem.map().apply(z, out, new Rows(1));
                    assertThat(Norm.of(out.toDoubles())).isLessThanOrEqualTo(0.9 * (1 + 1e-12) * Norm.of(z.toDoubles()));
                    z.copyFrom(out);
                }
            }
        }
    }

    /** More input never gives more output, and a cell with all weights 0 would give b. */
    @Test
    void inhibitoryCellsInhibit() {
        for (long seed = 0; seed < 20; seed++) {
            Problem cell = ProblemSet.inhibitory(seed);
            assertThat(cell.n()).isEqualTo(8);
            try (Block z = Block.allocate(Type.F64, 1, 8);
                    Block b = Block.allocate(Type.F64, 1, 8);
                    Block less = Block.allocate(Type.F64, 1, 8)) {
                cell.map().apply(z, b, new Rows(1));
                z.fill(0.1);
                cell.map().apply(z, less, new Rows(1));
                for (int i = 0; i < 8; i++) {
                    assertThat(b.get(0, i)).isPositive();
                    assertThat(less.get(0, i)).isBetween(0.0, b.get(0, i));
                }
            }
        }
    }

    /** The default solver finds each, on every engine and in both types. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void theDefaultSolverFindsThem(Type type) {
        for (EngineProvider provider : Engines.providers()) {
            if (provider.unavailable().isPresent()) {
                continue;
            }
            try (Engine engine = Engines.named(provider.name(), 1)) {
                Stopping until = Stopping.relative(type == Type.F32 ? 1e-6 : 1e-10);
                for (Problem problem : Zeros.all(type)) {
                    try (FixedPointSolver solver = FixedPointSolver.plan(engine, type, 1, problem.n(), until);
                            Block z = problem.start(engine, type)) {
                        Outcome outcome = solver.solve(problem.map(), z);
                        assertThat(outcome.succeeded()).as("%s, %s on %s: %s", problem.name(), type, provider.name(), outcome).isTrue();
                        double[] solution = problem.solution().orElseThrow();
                        double size = Math.max(Norm.of(solution), type.unitRoundoff() * Norm.of(problem.start()));
                        assertThat(Norm.ofDifference(z.toDoubles(), solution) / size).as("%s, %s", problem.name(), type).isLessThan(1e-4);
                    }
                }
            }
        }
    }

    @Test
    void lengthsAtAnyScale() {
        assertThat(Norm.of(3, 4)).isEqualTo(5);
        assertThat(Norm.of(3e300, 4e300) / 5e300).isCloseTo(1, within(1e-15));
        assertThat(Norm.of(3e-320, 4e-320) / 5e-320).isCloseTo(1, within(1e-3));
        assertThat(Norm.of(Double.MIN_VALUE)).isEqualTo(Double.MIN_VALUE);
        assertThat(Norm.of(Double.MAX_VALUE, 0)).isEqualTo(Double.MAX_VALUE);
        assertThat(Norm.of(0, 0)).isZero();
        assertThat(Norm.of(1, Double.NaN)).isNaN();
        assertThat(Norm.of(1, Double.NEGATIVE_INFINITY)).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(Norm.ofDifference(new double[] {1, 5}, new double[] {4, 1})).isEqualTo(5);
    }
}
