package dev.zstar.solvers.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.parameters.FileLayout;
import dev.zstar.solvers.parameters.ParameterFile;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.tensors.TensorFile;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Cells compute what PyTorch computes, in f64: {@code tools/torch_reference.py} wrote the files. */
class TorchReferenceTest {
    private static final int BATCH = 2;
    /**
     * Of the largest number of a result. Each result is a sum of fewer than 300 products whose factors come from at most four such sums:
     * about 4 · 300 roundings of 10⁻¹⁶, in either library, which is 2 · 10⁻¹³; the factor 5 is for cancellation.
     */
    private static final double ROUNDING = 1e-12;

    private static TensorFile open(String name) throws IOException, URISyntaxException {
        return TensorFile.open(Path.of(TorchReferenceTest.class.getResource("/torch/" + name).toURI()));
    }

    private static Set<String> cases(TensorFile file) {
        return file.names().stream().map(name -> name.substring(0, name.indexOf('/'))).collect(Collectors.toSet());
    }

    @Test
    void everyOperation() throws Exception {
        try (TensorFile file = open("operations.safetensors")) {
            Map<String, Cell> cells = TorchCells.operations();
            assertThat(cells.keySet()).isEqualTo(cases(file));
            for (EngineProvider provider : Problems.engines()) {
                try (Engine engine = provider.create(1)) {
                    for (Map.Entry<String, Cell> each : cells.entrySet()) {
                        compare(file, provider.name() + ", " + each.getKey(), each.getKey() + "/", engine, each.getValue());
                    }
                }
            }
        }
    }

    private static void compare(TensorFile file, String what, String name, Engine engine, Cell cell) {
        Rows rows = new Rows(BATCH);
        boolean hasInput = file.contains(name + "x");
        try (Parameters p = cell.zeros(); Parameters dp = p.zerosLike(); Parameters expected = p.zerosLike();
                Block z = file.get(name + "z").toBlock(Type.F64); Block u = file.get(name + "u").toBlock(Type.F64);
                Block d = file.get(name + "d").toBlock(Type.F64); Block out = Block.allocate(Type.F64, BATCH, cell.n());
                Block x = hasInput ? file.get(name + "x").toBlock(Type.F64) : Block.allocate(Type.F64, BATCH, cell.inputs());
                Block dx = Block.allocate(Type.F64, BATCH, cell.inputs())) {
            ParameterFile.read(file, p, FileLayout.sameNames().under(name + "p/"));
            ParameterFile.read(file, expected, FileLayout.sameNames().under(name + "g/"));
            try (CellMap map = cell.plan(engine, BATCH, p)) {
                map.inject(x);
                map.apply(z, out, rows);
                close(what + ", value", out, file, name + "value");
                map.linearise(z, rows);
                map.vjp(u, out, rows);
                close(what + ", vjp", out, file, name + "vjp");
                map.jvp(d, out, rows);
                close(what + ", jvp", out, file, name + "jvp");
                map.gradients(u, z, x, rows, new CellGradients(dp, dx));
                if (hasInput) {
                    close(what + ", gradient of x", dx, file, name + "dx");
                }
                for (String parameter : p.names()) {
                    close(what + ", gradient of " + parameter, dp.get(parameter).toDoubles(), expected.get(parameter).toDoubles(),
                            ROUNDING);
                }
            }
        }
    }

    /**
     * If {@code ‖f(z) - z‖ ≤ ε ‖f(z)‖} and the Jacobian's norm is L, z is off by {@code ε / (1 - L)}, and torch's by as much. The solution
     * v of the backward solve has the same error from its residual. The gradients are off by the error of z times second derivatives, too,
     * for which the factor 10 stands.
     */
    @Test
    void equilibriaAndTheirGradients() throws Exception {
        double ε = 1e-13;
        try (TensorFile file = open("cells.safetensors")) {
            Map<String, Cell> cells = TorchCells.contracting();
            assertThat(cells.keySet()).isEqualTo(cases(file));
            for (EngineProvider provider : Problems.engines()) {
                for (Map.Entry<String, Cell> each : cells.entrySet()) {
                    Cell cell = each.getValue();
                    String name = each.getKey() + "/";
                    String what = provider.name() + ", " + each.getKey();
                    double bound = 2 * ε / (1 - file.get(name + "norm").get(0));
                    try (Engine engine = provider.create(1); Parameters p = cell.zeros(); Parameters dp = p.zerosLike();
                            Parameters expected = p.zerosLike(); Block x = file.get(name + "x").toBlock(Type.F64);
                            Block u = file.get(name + "u").toBlock(Type.F64); Block z = Block.allocate(Type.F64, BATCH, cell.n());
                            Block dx = Block.allocate(Type.F64, BATCH, cell.inputs())) {
                        ParameterFile.read(file, p, FileLayout.sameNames().under(name + "p/"));
                        ParameterFile.read(file, expected, FileLayout.sameNames().under(name + "g/"));
                        try (CellMap map = cell.plan(engine, BATCH, p);
                                Picard plain = Picard.plan(engine, Type.F64, BATCH, cell.n(), 1, Stopping.relative(ε));
                                var layer = EquilibriumLayer.plan(map, plain, GradientMode.exact(ε))) {
                            assertThat(layer.forward(x, z).succeeded()).as(what).isTrue();
                            close(what + ", z", z.toDoubles(), file.get(name + "z").toDoubles(), bound);
                            assertThat(layer.backward(u, new CellGradients(dp, dx)).succeeded()).as(what).isTrue();
                            close(what + ", gradient of x", dx.toDoubles(), file.get(name + "dx").toDoubles(), 10 * bound);
                            for (String parameter : p.names()) {
                                close(what + ", gradient of " + parameter, dp.get(parameter).toDoubles(),
                                        expected.get(parameter).toDoubles(), 10 * bound);
                            }
                        }
                    }
                }
            }
        }
    }

    private static void close(String what, Block actual, TensorFile file, String name) {
        close(what, actual.toDoubles(), file.get(name).toDoubles(), ROUNDING);
    }

    private static void close(String what, double[] actual, double[] expected, double tolerance) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).as("%s, element %d", what, i).isCloseTo(expected[i], within(tolerance * largest));
        }
    }
}
