package dev.zstar.benchmarks.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.zstar.kernels.Engines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The suite with small cells, and what it makes of the output of Python. */
class CellsSuiteTest {
    private static final CellsSuite.Extent SMALL = new CellsSuite.Extent(List.of("16x2"), 1, TorchCellTest.TINY, 1, 0);

    private final List<StudyResult> results = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    private void run(Supplier<TorchCell> torch) {
        CellsSuite.run(SMALL, torch, StudyProgress.NONE, results, remarks);
    }

    private StudyResult find(String name, String engine, String metric) {
        return results.stream()
                .filter(result -> result.caseName().equals(name) && result.engine().equals(engine) && result.metric().equals(metric))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + ", " + engine + ", " + metric + " is missing in " + results));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void everyComparisonHasItsFigures(@TempDir Path temp) throws IOException {
        Path python = TorchCellTest.interpreter(temp, "echo '" + TorchCellTest.TIMES + "'");
        run(() -> new TorchCell(python.toString(), temp.resolve("cell.py")));
        for (String operation : List.of("dense evaluation n=16 B=2", "dense vjp n=16 B=2")) {
            double ratio = find(operation, "graph", "us").value() / find(operation, "handwritten", "us").value();
            assertThat(find(operation, "graph/handwritten", "timeRatio").value()).isEqualTo(ratio, within(1e-9 * ratio));
        }
        assumeTrue(Contenders.fast(), "the large cell is left out without vector code");
        String own = Contenders.own();
        List<String> counts = Engines.processors() == 1 ? List.of("1 thread") : List.of("1 thread", Engines.processors() + " threads");
        for (String count : counts) {
            for (Map.Entry<String, Double> micros : Map.of("transformer evaluation, ", 1500.0, "transformer vjp, ", 25_000.0).entrySet()) {
                String name = micros.getKey() + count;
                assertThat(find(name, "torch", "us").value()).isEqualTo(micros.getValue());
                double ratio = micros.getValue() / find(name, own, "us").value();
                assertThat(find(name, "torch/" + own, "timeRatio").value()).isEqualTo(ratio, within(1e-9 * ratio));
                assertThat(find(name, own, "gflops").limit()).isPositive();
            }
            assertThat(find("transformer vjp of a kept point, " + count, own, "bytes").value())
                    .isLessThan(find("transformer vjp, " + count, own, "bytes").value());
        }
        assertThat(remarks).containsExactly("PyTorch is version 2.0+none, run by " + python);
        assertThat(results).allMatch(result -> result.suite().equals("cells") && result.value() >= 0);
    }

    @Test
    void withoutPyTorchTheRestIsMeasured() {
        assumeTrue(Contenders.fast(), "the large cell is left out without vector code");
        run(() -> {
            throw new StudyException("there is none");
        });
        assertThat(remarks).containsExactly("PyTorch is not compared: there is none");
        assertThat(find("transformer vjp, 1 thread", Contenders.own(), "gflops").value()).isPositive();
        assertThat(results).noneMatch(result -> result.engine().contains("torch"));
    }

    @Test
    void theOperationsOfTheLargeCellAreThoseOfItsScript() {
        assertThat(TransformerCell.FULL.evaluationWork()).isEqualTo(4.52e9, within(0.005e9));
        assertThat(TransformerCell.parse(TransformerCell.FULL.toString())).isEqualTo(TransformerCell.FULL);
    }
}
