package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Status;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RandomSolvesTest {
    /** The statuses of linear solves. */
    private static final Set<Status> LINEAR = EnumSet.of(Status.CONVERGED_ZERO_RHS, Status.CONVERGED_HAPPY_BREAKDOWN,
            Status.NONFINITE_OPERATOR, Status.OUT_OF_RANGE, Status.BREAKDOWN, Status.RESIDUAL_MISMATCH);

    @Test
    void everySolveEndsAndHoldsWhatItClaims() {
        for (String name : available()) {
            try (Engine engine = Engines.named(name, 1)) {
                RandomSolves solves = new RandomSolves(engine);
                for (long seed = 0; seed < 10_000; seed++) {
                    solves.solve(seed);
                }
                // In a stream, an observer ends a row of which Newton-Krylov has refused every point.
                solves.solve(257_219);
                assertThat(solves.tally().descriptions()).as(name).isEmpty();
                assertThat(solves.exceptions()).as("exceptions").isPositive();
                assertThat(EnumSet.complementOf(EnumSet.copyOf(LINEAR))).as("statuses reached: %s", solves.tally().statuses())
                        .isSubsetOf(solves.tally().statuses().keySet());
            }
        }
    }

    /** A success meets its tolerance in exact arithmetic, a failure is no worse than its start, and no returned value is NaN. */
    @Test
    void linearSolvesHoldWhatTheyClaim() {
        for (String name : available()) {
            try (Engine engine = Engines.named(name, 1)) {
                RandomSystems systems = new RandomSystems(engine);
                for (long seed = 0; seed < 4_000; seed++) {
                    systems.solve(seed);
                }
                // The recurrence of IDR overflows, not the operator.
                systems.solve(551_500);
                assertThat(systems.tally().rows()).isGreaterThan(8_000);
                assertThat(systems.tally().statuses()).containsKeys(
                        Status.CONVERGED_RELATIVE, Status.CONVERGED_ABSOLUTE, Status.CONVERGED_AT_START,
                        Status.CONVERGED_ZERO_RHS, Status.COMPLETED_FIXED_STEPS, Status.MAX_EVALUATIONS, Status.NONFINITE_INPUT,
                        Status.NONFINITE_OPERATOR, Status.BREAKDOWN);
                assertThat(systems.tally().descriptions()).as(name).isEmpty();
            }
        }
    }

    /** Rows end as they do when one thread solves all of them together, and no thread is left in the map. */
    @Test
    void groupsOfRowsEndAsOneThreadWouldEndThem() {
        for (String name : available()) {
            try (RandomGroups groups = new RandomGroups(name)) {
                for (long seed = 0; seed < 1_000; seed++) {
                    groups.solve(seed);
                }
                assertThat(groups.tally().descriptions()).as(name).isEmpty();
                assertThat(groups.tally().rows()).isGreaterThan(10_000);
                assertThat(groups.exceptions()).as("exceptions").isGreaterThan(100);
                assertThat(groups.tally().statuses()).containsKeys(Status.CONVERGED_RELATIVE, Status.MAX_EVALUATIONS, Status.STAGNATED,
                        Status.DIVERGED, Status.NONFINITE_INPUT, Status.NONFINITE_FUNCTION, Status.NONFINITE_OPERATOR, Status.BREAKDOWN);
            }
        }
    }

    /** The default solver solves all of 400 ReLU cells whose units inhibit each other. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void allInhibitoryCellsAreSolved(Type type) {
        for (String name : available()) {
            try (Engine engine = Engines.named(name, 1)) {
                assertThat(FaultSuite.inhibitory(engine, type)).as("%s on %s", type, name)
                        .isEqualTo(FaultSuite.CELLS);
            }
        }
    }

    private static List<String> available() {
        return Engines.providers().stream().filter(provider -> provider.unavailable().isEmpty()).map(EngineProvider::name).toList();
    }
}
