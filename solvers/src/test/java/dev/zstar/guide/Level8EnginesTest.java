package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Page 8 of the guide: engines. */
class Level8EnginesTest {
    @Test
    void reasons() {
        List<String> lines = new ArrayList<>();
        // guide
        Engines.providers().forEach(provider -> lines.add(
                provider.name() + ": " + provider.unavailable().orElseGet(() -> "ready, " + provider.description())));
        try (Engine engine = Engines.named("scalar", 1)) {
            lines.add(engine.name() + " is reproducible: " + engine.reproducible());
        }
        // end
        assertThat(lines).anyMatch(line -> line.startsWith("scalar: ready, ")).anyMatch(line -> line.startsWith("simd: "))
                .endsWith("scalar is reproducible: true");
    }
}
