package dev.zstar.bridge.openblas;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.misuse.WrongCalls;
import org.junit.jupiter.api.Test;

/** Wrong calls of every method. {@code -Dzstar.misuse=100000} makes as many; see {@link WrongCalls}. */
class WrongCallTest {
    @Test
    void aWrongCallSaysSoAndChangesNothing() {
        try (WrongCalls calls = new WrongCalls(new OpenBlasProvider())) {
            calls.run(WrongCalls.count(), 1);
            assertThat(calls.complaints()).isEmpty();
            assertThat(calls.missing()).as("methods without an entry in the table").isEmpty();
            assertThat(calls.made()).isGreaterThanOrEqualTo(WrongCalls.count());
        }
    }
}
