package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.misuse.WrongCalls;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Wrong calls of every method on every engine. {@code -Dzstar.misuse=100000} makes as many of each; see {@link WrongCalls}. */
class WrongCallTest {
    static List<EngineProvider> providers() {
        return Reference.available();
    }

    @ParameterizedTest
    @MethodSource("providers")
    void aWrongCallSaysSoAndChangesNothing(EngineProvider provider) {
        try (WrongCalls calls = new WrongCalls(provider)) {
            calls.run(WrongCalls.count(), 1);
            assertThat(calls.complaints()).isEmpty();
            assertThat(calls.missing()).as("methods without an entry in the table").isEmpty();
            assertThat(calls.made()).isGreaterThanOrEqualTo(WrongCalls.count());
        }
    }
}
