package dev.zstar.solvers.fixedpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.ApproximatedMap;
import dev.zstar.solvers.Crowd;
import dev.zstar.solvers.Crowd.Defect;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.ThreadedEngine;
import dev.zstar.solvers.fixedpoint.Broyden.Reduction;
import dev.zstar.solvers.fixedpoint.Broyden.Update;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever happens to a row, the others do not notice. Among 64 problems one is NaN from the start, one turns infinite, one diverges and
 * one is slow. Each ends with the bits, the status, the residual and the evaluations that it has alone, in one batch and in a stream of
 * fewer slots, and in groups that several threads solve.
 */
class CompanyTest {
    /** More than two vectors of f32 and a tail. */
    private static final int N = 37;
    private static final int PROBLEMS = 64;
    private static final int SLOTS = 5;
    /** Bytes of a cache that makes groups as small as they get, so that rows take the places of others. */
    private static final long GROUPS_OF_16 = 24_000;
    private static final Map<Defect, Integer> DEFECTIVE =
            new EnumMap<>(Map.of(Defect.NAN_START, 7, Defect.INFINITE_THIRD, 23, Defect.DIVERGING, 41, Defect.SLOW, 58));

    /** Makes the plan of a method. */
    interface Planner {
        FixedPointSolver plan(Engine engine, Type type, int batch, int n, Stopping stopping);
    }

    /** A method, with a name for the report. */
    record Method(String name, Planner planner) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** How a problem ended; equal to the last bit. */
    record End(Status status, int evaluations, int cheap, double residual, List<Double> z) {}

    static Stream<Method> methods() {
        Anderson.Options anderson = Anderson.Options.DEFAULT;
        Broyden.Options broyden = new Broyden.Options(6);
        NewtonKrylov.Options newton = NewtonKrylov.Options.DEFAULT.withKrylov(8);
        Stream<Method> plain = Stream.of(
                new Method("picard", (e, t, batch, n, until) -> Picard.plan(e, t, batch, n, 1, until)),
                new Method("picard, damped", (e, t, batch, n, until) -> Picard.plan(e, t, batch, n, 0.7, until)),
                new Method("picard with a tolerance for steps",
                        (e, t, batch, n, until) -> Picard.plan(e, t, batch, n, 1, until.orStep(1e-4).withPatience(9))));
        Stream<Method> acceleratedOnes = Stream.of(
                        anderson,
                        anderson.withWindow(8),
                        anderson.withMixing(0.6),
                        anderson.withMixing(Anderson.Mixing.byGain()),
                        anderson.withDelay(3).withRestart(7),
                        anderson.withRestartAtGrowth(1.1).withRegularisation(1e-8),
                        anderson.withOrthogonal().withCondition(20),
                        anderson.withVariant(Anderson.Variant.TYPE_I),
                        anderson.withVariant(Anderson.Variant.TYPE_I).withMixing(0.6).withWindow(2),
                        anderson.withSafeguard(new Safeguard(1.1, 0.5)))
                .map(options -> new Method("" + options, (e, t, batch, n, until) -> Anderson.plan(e, t, batch, n, options, until)));
        Stream<Method> secants = Arrays.stream(Update.values())
                .flatMap(update -> Arrays.stream(Reduction.values()).map(broyden.withUpdate(update)::withReduction))
                .flatMap(options -> Stream.of(options, options.withLineSearch(true)))
                .map(options -> new Method("" + options, (e, t, batch, n, until) -> Broyden.plan(e, t, batch, n, options, until)));
        Stream<Method> newtons = Stream.of(newton, newton.withDifferences(true), newton.withForcing(1e-3), newton.withLineSearch(1e-4, 2))
                .map(options -> new Method("" + options, (e, t, batch, n, until) -> NewtonKrylov.plan(e, t, batch, n, options, until)));
        MixedPrecision.Options mixed = MixedPrecision.Options.DEFAULT;
        Stream<Method> pairs = Stream.of(
                new Method("mixed precision", (e, t, batch, n, until) -> MixedPrecision.plan(e, t, batch, n, mixed, until)),
                new Method("mixed precision on Broyden", (e, t, batch, n, until) -> MixedPrecision.plan(e, t, batch, n, mixed,
                        (e1, t1, batch1, n1, within) -> Broyden.plan(e1, t1, batch1, n1, broyden.withLineSearch(true), within), until)),
                new Method("mixed precision on Newton-Krylov", (e, t, batch, n, until) -> MixedPrecision.plan(e, t, batch, n, mixed,
                        (e1, t1, batch1, n1, within) -> NewtonKrylov.plan(e1, t1, batch1, n1, newton, within), until)));
        return Stream.of(plain, acceleratedOnes, secants, newtons, pairs).flatMap(methods -> methods);
    }

    private static Crowd crowd() {
        Crowd crowd = new Crowd(N, PROBLEMS);
        DEFECTIVE.forEach((defect, index) -> crowd.defects[index] = defect);
        return crowd;
    }

    private static End end(FixedPointSolver solver, Outcome outcome, Block z, int b) {
        int cheap = solver instanceof MixedPrecision mixed ? mixed.cheapEvaluations(b) : 0;
        return new End(outcome.status(b), outcome.evaluations(b), cheap, outcome.residual(b),
                IntStream.range(0, N).mapToObj(i -> z.get(b, i)).toList());
    }

    private static FixedPointMap map(FixedPointSolver solver, Crowd crowd) {
        return solver instanceof MixedPrecision ? new ApproximatedMap(crowd, crowd.cheap()) : FixedPointMap.reentrant(crowd);
    }

    private static End[] alone(FixedPointSolver solver, Block z) {
        Crowd crowd = crowd();
        FixedPointMap map = map(solver, crowd);
        End[] ends = new End[PROBLEMS];
        for (int index = 0; index < PROBLEMS; index++) {
            Block one = z.head(1);
            crowd.assign(0, index);
            crowd.start(index, one, 0);
            ends[index] = end(solver, solver.solve(map, one), one, 0);
        }
        return ends;
    }

    private static End[] together(FixedPointSolver solver, Block z) {
        Crowd crowd = crowd();
        for (int index = 0; index < PROBLEMS; index++) {
            // Not in the order of the batch.
            crowd.assign(index, index * 27 % PROBLEMS);
            crowd.start(index * 27 % PROBLEMS, z, index);
        }
        Outcome outcome = solver.solve(map(solver, crowd), z);
        End[] ends = new End[PROBLEMS];
        for (int b = 0; b < PROBLEMS; b++) {
            ends[crowd.problem[b]] = end(solver, outcome, z, b);
        }
        return ends;
    }

    private static End[] streamed(FixedPointSolver solver, Block z) {
        Crowd crowd = crowd();
        End[] ends = new End[PROBLEMS];
        int[] next = {0};
        solver.stream(map(solver, crowd), z.head(SLOTS), new StreamHandler() {
            @Override
            public boolean load(int b, Block states) {
                if (next[0] == PROBLEMS) {
                    return false;
                }
                crowd.assign(b, next[0]);
                crowd.start(next[0]++, states, b);
                return true;
            }

            @Override
            public void done(int b, Block states, Outcome outcome) {
                ends[crowd.problem[b]] = end(solver, outcome, states, b);
            }
        });
        return ends;
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aRowIsWhatItIsAlone(Method method) {
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                Stopping until = Stopping.relative(type == Type.F32 ? 1e-5 : 1e-10).within(70);
                try (Engine engine = provider.create(2);
                        FixedPointSolver solver = method.planner().plan(engine, type, PROBLEMS, N, until);
                        Block z = engine.allocate(type, PROBLEMS, N)) {
                    End[] alone = alone(solver, z);
                    String where = provider.name() + " " + type;
                    assertSame(together(solver, z), alone, where + ", in one batch");
                    assertSame(streamed(solver, z), alone, where + ", in a stream");
                    assertDiffer(alone, where);
                    try (FixedPointSolver groups = method.planner().plan(
                            ThreadedEngine.of(engine, 3, GROUPS_OF_16), type, PROBLEMS, N, until)) {
                        assertSame(together(groups, z), alone, where + ", in groups");
                    }
                }
            }
        }
    }

    private static void assertSame(End[] ends, End[] alone, String where) {
        for (int index = 0; index < PROBLEMS; index++) {
            assertThat(ends[index].equals(alone[index])).as("%s, problem %d is %s, and alone %s", where, index, ends[index], alone[index])
                    .isTrue();
        }
    }

    /** Checks that the test means something: the defects have an effect, and rows end at different times. */
    private static void assertDiffer(End[] alone, String where) {
        End nan = alone[DEFECTIVE.get(Defect.NAN_START)];
        End slow = alone[DEFECTIVE.get(Defect.SLOW)];
        End diverging = alone[DEFECTIVE.get(Defect.DIVERGING)];
        assertThat(nan.status()).as(where).isEqualTo(Status.NONFINITE_INPUT);
        assertThat(diverging.status().isSuccess()).as("%s: %s", where, diverging).isFalse();
        int[] spent = Arrays.stream(alone).mapToInt(End::evaluations).sorted().toArray();
        assertThat(slow.evaluations()).as("%s: %s", where, slow).isGreaterThan(spent[PROBLEMS / 2]);
        assertThat(Arrays.stream(spent).distinct().count()).as(where).isGreaterThan(3);
        assertThat(Arrays.stream(alone).filter(end -> end.status().isSuccess()).count()).as(where).isGreaterThan(PROBLEMS / 2);
    }
}
