package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RepeatBudgetTest {
    @Test
    void repeatsTakeAtMostAQuarterOfTheFirstRuns() {
        RepeatBudget budget = new RepeatBudget();
        assertThat(budget.allows(10, true)).as("nothing was measured before").isFalse();
        assertThat(budget.allows(30, false)).as("it was quiet").isFalse();
        assertThat(budget.allows(8, true)).as("8 of 48").isTrue();
        assertThat(budget.allows(8, true)).as("16 of 56").isFalse();
        double first = 56;
        double repeated = 8;
        for (int i = 0; i < 1000; i++) {
            first++;
            repeated += budget.allows(1, true) ? 1 : 0;
            assertThat(repeated).isLessThanOrEqualTo(first / 4);
        }
        assertThat(repeated).isGreaterThan(first / 4 - 1);
    }
}
