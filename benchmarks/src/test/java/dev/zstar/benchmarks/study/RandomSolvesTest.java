package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.solvers.Status;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RandomSolvesTest {
    /** Those of linear solves. */
    private static final Set<Status> LINEAR = EnumSet.of(Status.CONVERGED_ZERO_RHS, Status.CONVERGED_HAPPY_BREAKDOWN,
            Status.NONFINITE_OPERATOR, Status.BREAKDOWN, Status.RESIDUAL_MISMATCH);

    @Test
    void everySolveEndsAndHoldsWhatItClaims() {
        for (String name : available()) {
            try (Engine engine = Engines.named(name, 1)) {
                RandomSolves solves = new RandomSolves(engine);
                for (long seed = 0; seed < 10_000; seed++) {
                    solves.solve(seed);
                }
                assertThat(solves.told()).as(name).isEmpty();
                assertThat(solves.thrown()).as("exceptions").isPositive();
                assertThat(EnumSet.complementOf(EnumSet.copyOf(LINEAR))).as("statuses reached: %s", solves.statuses())
                        .isSubsetOf(solves.statuses().keySet());
            }
        }
    }

    private static List<String> available() {
        return Engines.providers().stream().filter(provider -> provider.unavailable().isEmpty()).map(EngineProvider::name).toList();
    }
}
