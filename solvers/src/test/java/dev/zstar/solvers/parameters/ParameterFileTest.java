package dev.zstar.solvers.parameters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.cells.Heads;
import dev.zstar.solvers.cells.Net;
import dev.zstar.solvers.cells.Value;
import dev.zstar.solvers.shapes.Shape;
import dev.zstar.solvers.tensors.ElementType;
import dev.zstar.solvers.tensors.Safetensors;
import dev.zstar.solvers.tensors.TensorFile;
import dev.zstar.solvers.tensors.TensorSource;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parameters come from files that torch wrote ({@code tools/torch_reference.py}), and go to files that it can read. */
class ParameterFileTest {
    private static final FileLayout LLAMA = FileLayout.sameNames()
            .stack("attn.in_proj_weight", "self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight")
            .rename("attn.out_proj", "self_attn.o_proj")
            .rename("norm1", "input_layernorm")
            .rename("norm2", "post_attention_layernorm")
            .rename("mlp.down", "mlp.down_proj");
    private static final FileLayout SEPARATE = LLAMA.rename("mlp.gate", "mlp.gate_proj").rename("mlp.up", "mlp.up_proj")
            .under("model.layers.0.");
    private static final FileLayout PACKED = LLAMA.part("mlp.gate", "mlp.gate_up_proj", 0, 2).part("mlp.up", "mlp.gate_up_proj", 1, 2)
            .under("model.layers.1.");

    private static Path file(String name) throws URISyntaxException {
        return Path.of(ParameterFileTest.class.getResource("/torch/" + name).toURI());
    }

    private static Cell of(Shape out, Shape in, BiFunction<Net, Value, Value> module) {
        return Cell.of(Type.F64, out, in, (net, z, x) -> module.apply(net, x));
    }

    private static Cell layer(Type type) {
        return Cell.of(type, Shape.tokens(5, 8), (net, z, x) -> {
            Value h = net.rmsNorm("norm1", z.plus(net.attention("attn", z, Heads.heads(2).noBias())).plus(x));
            return net.rmsNorm("norm2", h.plus(net.swiglu("mlp", h, 12)));
        });
    }

    private static Map<String, Cell> modules() {
        Shape three = Shape.vector(3);
        Shape four = Shape.vector(4);
        Shape image = Shape.image(4, 4, 2);
        Shape features = Shape.image(4, 4, 4);
        Map<String, Cell> cells = new LinkedHashMap<>();
        cells.put("layer_norm", of(four, four, (net, x) -> net.layerNorm("layer_norm", x)));
        cells.put("rms_norm", of(four, four, (net, x) -> net.rmsNorm("rms_norm", x)));
        cells.put("group_norm", of(Shape.image(2, 3, 4), Shape.image(2, 3, 4), (net, x) -> net.groupNorm("group_norm", x, 2)));
        cells.put("conv1", of(Shape.image(2, 2, 4), image, (net, x) -> net.convolveNoBias("conv1", x, 4, 1, 2)));
        cells.put("attention", of(Shape.tokens(3, 4), Shape.tokens(3, 4), (net, x) -> net.attention("attention", x, Heads.heads(2))));
        for (String name : List.of("conv", "old_weight_norm_of_conv", "spectral_norm_of_conv")) {
            cells.put(name, of(features, image, (net, x) -> net.convolve(name, x, 4, 3, 1)));
        }
        for (String name : List.of("linear", "old_weight_norm", "old_weight_norm_of_all", "weight_norm", "old_spectral_norm",
                "spectral_norm")) {
            cells.put(name, of(four, three, (net, x) -> net.linear(name, x, 4)));
        }
        return cells;
    }

    /** What torch's own weights give in torch. Each number is a sum of fewer than 50 products: 10⁻¹² leaves a factor of 100. */
    private static void requireOutput(TensorFile calls, String name, Cell cell) throws IOException, URISyntaxException {
        try (Engine engine = Engines.best(1); Parameters p = cell.zeros(); Block x = calls.get(name + "/x").toBlock(Type.F64);
                Block z = Block.allocate(Type.F64, x.rows(), cell.n()); Block y = Block.allocate(Type.F64, x.rows(), cell.n())) {
            ParameterFile.read(file("modules.safetensors"), p);
            try (CellMap map = cell.plan(engine, x.rows(), p)) {
                map.inject(x);
                map.apply(z, y, new Rows(x.rows()));
            }
            double[] expected = calls.get(name + "/y").toDoubles();
            assertThat(y.toDoubles()).as(name).usingComparatorWithPrecision(1e-12).containsExactly(expected);
        }
    }

    @Test
    void modulesComputeWhatTheyComputeInTorch() throws Exception {
        try (TensorFile calls = TensorFile.open(file("calls.safetensors"))) {
            Map<String, Cell> cells = modules();
            assertThat(calls.names()).hasSize(2 * cells.size());
            for (Map.Entry<String, Cell> each : cells.entrySet()) {
                requireOutput(calls, each.getKey(), each.getValue());
            }
            // A cell's own g and v, under the older and the newer names.
            for (String name : List.of("old_weight_norm", "weight_norm")) {
                requireOutput(calls, name, of(Shape.vector(4), Shape.vector(3),
                        (net, x) -> net.bias(name + ".bias", net.product(net.weightNorm(name + ".weight", 4, 3), x))));
            }
        }
    }

    /** Singular values of V / σ are at most about 1, so a cell's own normalisation with the bound 2 changes nothing. */
    @Test
    void aSpectralNormIsTakenOut() throws Exception {
        Cell cell = of(Shape.vector(4), Shape.vector(3),
                (net, x) -> net.bias("spectral_norm.bias", net.product(net.spectralNorm("spectral_norm.weight", 4, 3, 2), x)));
        try (TensorFile calls = TensorFile.open(file("calls.safetensors"))) {
            requireOutput(calls, "spectral_norm", cell);
        }
    }

    @Test
    void tensorsThatNoParameterTookAreReturned() throws Exception {
        Cell cell = of(Shape.vector(4), Shape.vector(3), (net, x) -> net.linear("spectral_norm", x, 4));
        try (TensorFile file = TensorFile.open(file("modules.safetensors")); Parameters p = cell.zeros()) {
            List<String> others = file.names().stream().filter(name -> !name.startsWith("spectral_norm.")).toList();
            assertThat(ParameterFile.read(file, p, FileLayout.sameNames())).isEqualTo(others);
        }
    }

    @Test
    void layersOfLlamaAreRenamedStackedAndTakenApart() throws Exception {
        Cell cell = layer(Type.F32);
        try (TensorFile file = TensorFile.open(file("block.safetensors")); Parameters p = cell.zeros()) {
            assertThat(ParameterFile.read(file, p, SEPARATE)).hasSize(9).contains("model.inv_freq")
                    .allMatch(name -> !name.startsWith("model.layers.0."));
            for (int i = 0; i < 3; i++) {
                String name = "model.layers.0.self_attn." + "qkv".charAt(i) + "_proj.weight";
                assertThat(p.get("attn.in_proj_weight").part(i, 3).toFloats()).as(name).isEqualTo(file.get(name).toFloats());
            }
            assertThat(p.get("mlp.gate.weight").toFloats()).isEqualTo(file.get("model.layers.0.mlp.gate_proj.weight").toFloats());
            assertThat(p.get("mlp.up.weight").toFloats()).isEqualTo(file.get("model.layers.0.mlp.up_proj.weight").toFloats());
            assertThat(ParameterFile.read(file, p, PACKED)).hasSize(10).allMatch(name -> !name.startsWith("model.layers.1."));
            try (Block packed = file.get("model.layers.1.mlp.gate_up_proj.weight").toBlock(Type.F32)) {
                assertThat(p.get("mlp.gate.weight").toFloats()).isEqualTo(packed.part(0, 2).toFloats());
                assertThat(p.get("mlp.up.weight").toFloats()).isEqualTo(packed.part(1, 2).toFloats());
            }
        }
    }

    @Test
    void attentionWithKeysOfAnotherWidthIsNotSupported() throws Exception {
        Cell cell = of(Shape.tokens(3, 4), Shape.tokens(3, 4), (net, x) -> net.attention("attention_of_others", x, Heads.heads(2)));
        try (Parameters p = cell.zeros()) {
            Path path = file("modules.safetensors");
            assertThatThrownBy(() -> ParameterFile.read(path, p)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("read attention_of_others.in_proj_weight [12, 4]: the file has 'attention_of_others.q_proj_weight' "
                            + "instead of 'attention_of_others.in_proj_weight', as torch.nn.MultiheadAttention stores keys or values of "
                            + "another width, expected keys and values of the width of the queries");
        }
    }

    private static void requireMessage(Parameter parameter, FileLayout layout, String message) throws URISyntaxException {
        Path path = file("modules.safetensors");
        try (Parameters p = Parameters.zeros(Type.F64, List.of(parameter))) {
            assertThatThrownBy(() -> ParameterFile.read(path, p, layout)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(message.replace("FILE", path.toString()));
        }
    }

    @Test
    void whatIsMissingOrDoesNotFitIsNamed() throws Exception {
        Initialiser zero = Initialiser.constant(0);
        FileLayout same = FileLayout.sameNames();
        requireMessage(Parameter.matrix("linear.wait", 4, 3, zero), same, "read linear.wait [4, 3]: FILE has no tensor 'linear.wait', "
                + "expected one of its 44 tensors, such as 'linear.weight', 'linear.bias', 'conv.weight'");
        requireMessage(Parameter.matrix("w", 3, 4, zero), same.rename("w", "linear.weight"),
                "read w [3, 4]: the shape in the file is 'linear.weight' [4, 3], expected [3, 4]");
        requireMessage(Parameter.matrix("w", 8, 4, zero), same.stack("w", "linear.weight", "linear.bias"),
                "read w [8, 4]: the shape in the file is 'linear.weight' [4, 3], 'linear.bias' [4], expected [8, 4] one below the other");
        requireMessage(Parameter.matrix("w", 3, 3, zero), same.part("w", "linear.weight", 0, 2),
                "read w [3, 3]: the shape in the file is 'linear.weight' [4, 3], expected [6, 3] for 2 parts");
        requireMessage(Parameter.vector("w", 12, zero), same.rename("w", "weight_norm.weight"),
                "read w [12]: the shape in the file is 'weight_norm.parametrizations.weight.original1' [4, 3], expected [12]");
        requireMessage(Parameter.matrix("linear.weight", 4, 3, zero), same.rename("lin", "x"),
                "read: the layout has a rule for 'lin', expected the name or the start of the name of one of the parameters "
                        + "[linear.weight]");
        assertThatThrownBy(() -> same.keep("a").rename("a", "b"))
                .hasMessage("rename: there is a rule for 'a' already, expected one rule for a name");
        assertThatThrownBy(() -> same.part("a", "b", 2, 2)).hasMessage("part: part 2, expected 0 to 1");
        assertThatThrownBy(() -> same.stack("a")).hasMessage("stack: the number of names in the file is 0, expected at least 1");
    }

    @Test
    void integersAreNoWeights(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("quantised.safetensors");
        try (Parameters p = Parameters.zeros(Type.F32, List.of(Parameter.vector("w", 3, Initialiser.constant(0))))) {
            Safetensors.write(path, List.of(TensorSource.of("w", p.get("w")).shaped(3).as(ElementType.I8)), Map.of());
            assertThatThrownBy(() -> ParameterFile.read(path, p))
                    .hasMessage("read w [3]: the elements of tensor 'w' are I8, expected one of [F64, F32, BF16, F16]");
        }
    }

    @Test
    void aFailedReadChangesNothing() throws Exception {
        Initialiser seven = Initialiser.constant(7);
        List<Parameter> wanted = List.of(Parameter.matrix("linear.weight", 4, 3, seven), Parameter.vector("nothing", 2, seven));
        try (Parameters p = Parameters.initial(Type.F64, wanted, 1)) {
            Path path = file("modules.safetensors");
            assertThatThrownBy(() -> ParameterFile.read(path, p)).isInstanceOf(IllegalArgumentException.class);
            assertThat(p.get("linear.weight").toDoubles()).containsOnly(7);
            ParameterFile.read(path, p, FileLayout.sameNames().keep("nothing"));
            assertThat(p.get("linear.weight").toDoubles()).doesNotContain(7);
            assertThat(p.get("nothing").toDoubles()).containsOnly(7);
        }
    }

    /** Every tensor of a cell of each kind of layout is written as torch had it. */
    @Test
    void whatIsWrittenIsWhatTorchWrote(@TempDir Path folder) throws Exception {
        Cell cell = Cell.of(Type.F64, Shape.image(4, 4, 2), (net, z, x) -> {
            Value h = net.groupNorm("group_norm", net.convolve("conv", z, 4, 3, 1), 2);
            Value t = net.attention("attention", h.reshape(Shape.tokens(16, 4)), Heads.heads(2));
            Weight v = net.weightNorm("old_weight_norm.weight", 4, 3);
            return net.product(v.transposed(), t).reshape(Shape.image(4, 4, 3)).slice(0, 2);
        });
        Path path = folder.resolve("written.safetensors");
        try (Parameters p = cell.zeros(); TensorFile torch = TensorFile.open(file("modules.safetensors"))) {
            ParameterFile.read(torch, p, FileLayout.sameNames());
            ParameterFile.write(path, p);
            requireEqual(path, torch, p.names().size());
        }
        try (Parameters p = layer(Type.F32).zeros(); TensorFile torch = TensorFile.open(file("block.safetensors"))) {
            ParameterFile.read(torch, p, SEPARATE);
            ParameterFile.write(path, p, SEPARATE, Map.of("format", "pt", "step", "12"));
            requireEqual(path, torch, 9);
            try (TensorFile written = TensorFile.open(path)) {
                assertThat(written.metadata()).containsEntry("step", "12");
            }
            ParameterFile.read(torch, p, PACKED);
            ParameterFile.write(path, p, PACKED, Map.of());
            requireEqual(path, torch, 8);
            FileLayout one = FileLayout.sameNames().part("mlp.gate", "gate_up", 1, 2);
            assertThatThrownBy(() -> ParameterFile.write(path, p, one, Map.of()))
                    .hasMessage("write: the layout has no parameter as part 0 of 2 of 'gate_up.weight', expected every part");
            FileLayout twice = one.part("mlp.up", "gate_up", 1, 2);
            assertThatThrownBy(() -> ParameterFile.write(path, p, twice, Map.of())).hasMessage("write mlp.up.weight [12, 8]: the layout "
                    + "has it as [gate_up.weight] part 1 of 2 and mlp.gate.weight, too, expected each part once");
            FileLayout unequal = one.part("mlp.down", "gate_up", 0, 2);
            assertThatThrownBy(() -> ParameterFile.write(path, p, unequal, Map.of())).hasMessage("write mlp.gate.weight [12, 8]: it is put "
                    + "together with mlp.down.weight [8, 12] as 'gate_up.weight', expected parts of the same shape");
            FileLayout five = FileLayout.sameNames().stack("mlp.gate.weight", "a", "b", "c", "d", "e");
            assertThatThrownBy(() -> ParameterFile.write(path, p, five, Map.of())).hasMessage(
                    "write mlp.gate.weight [12, 8]: the layout cuts it into 5 parts, expected a number that divides its rows");
        }
    }

    private static void requireEqual(Path path, TensorFile torch, int count) throws IOException {
        try (TensorFile written = TensorFile.open(path)) {
            assertThat(written.names()).hasSize(count);
            for (String name : written.names()) {
                assertThat(written.get(name).shape()).as(name).isEqualTo(torch.get(name).shape());
                assertThat(written.get(name).type()).as(name).isEqualTo(torch.get(name).type());
                assertThat(written.get(name).toDoubles()).as(name).isEqualTo(torch.get(name).toDoubles());
            }
        }
    }

    /** A stack of taps of convolutions: the elements of each tensor lie apart in the block. */
    @Test
    void convolutionsAreStackedAndCut(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("taps.safetensors");
        FileLayout halves = FileLayout.sameNames().stack("conv.weight", "a", "b");
        try (Parameters whole = Parameters.initial(Type.F64, List.of(Parameter.taps("conv.weight", 4, 2, 3, Initialiser.fanIn(1))), 3);
                Parameters back = whole.zerosLike();
                Parameters half = Parameters.zeros(Type.F64, List.of(Parameter.taps("b", 2, 2, 3, Initialiser.fanIn(1))))) {
            ParameterFile.write(path, whole, halves, Map.of());
            assertThat(ParameterFile.read(path, back, halves)).isEmpty();
            assertThat(back.get("conv.weight").toDoubles()).isEqualTo(whole.get("conv.weight").toDoubles());
            assertThat(ParameterFile.read(path, half)).containsExactly("a");
            assertThat(half.get("b").toDoubles()).isEqualTo(whole.get("conv.weight").part(1, 2).toDoubles());
            ParameterFile.write(path, whole);
            ParameterFile.read(path, half, FileLayout.sameNames().part("b", "conv.weight", 1, 2));
            assertThat(half.get("b").toDoubles()).isEqualTo(whole.get("conv.weight").part(1, 2).toDoubles());
        }
    }

    /** Vectors, and the biases of an attention, whose block has three rows. */
    @Test
    void biasesAreStackedAndPutTogether(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("biases.safetensors");
        Initialiser some = Initialiser.normal(1);
        Parameter packed = new Parameter("attn.in_proj_bias", 3, 4, List.of(12), some);
        FileLayout layout = FileLayout.sameNames().part("gate", "gate_up", 0, 2).part("up", "gate_up", 1, 2)
                .stack("attn.in_proj_bias", "q", "k", "v");
        List<Parameter> descriptions = List.of(Parameter.vector("gate", 5, some), Parameter.vector("up", 5, some), packed);
        try (Parameters p = Parameters.initial(Type.F64, descriptions, 1); Parameters back = p.zerosLike()) {
            ParameterFile.write(path, p, layout, Map.of());
            assertThat(ParameterFile.read(path, back, layout)).isEmpty();
            for (String name : p.names()) {
                assertThat(back.get(name).toDoubles()).as(name).isEqualTo(p.get(name).toDoubles());
            }
            try (TensorFile file = TensorFile.open(path)) {
                assertThat(file.get("gate_up").shape()).containsExactly(10);
                assertThat(file.get("k").toDoubles()).isEqualTo(p.get("attn.in_proj_bias").part(1, 3).toDoubles());
            }
        }
    }

    /** A parameter of one row, as several tensors: a vector, and a kernel that a block has in one row. */
    @Test
    void rowsAreStackedAndCut(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("rows.safetensors");
        Initialiser some = Initialiser.normal(1);
        FileLayout layout = FileLayout.sameNames().stack("v", "a", "b", "c").stack("k", "d", "e");
        List<Parameter> descriptions = List.of(Parameter.vector("v", 12, some), new Parameter("k", 1, 8, List.of(4, 2), some));
        try (Parameters p = Parameters.initial(Type.F64, descriptions, 1); Parameters back = p.zerosLike()) {
            ParameterFile.write(path, p, layout, Map.of());
            assertThat(ParameterFile.read(path, back, layout)).isEmpty();
            for (String name : p.names()) {
                assertThat(back.get(name).toDoubles()).as(name).isEqualTo(p.get(name).toDoubles());
            }
            try (TensorFile file = TensorFile.open(path)) {
                assertThat(file.get("b").shape()).containsExactly(4);
                assertThat(file.get("b").toDoubles()).isEqualTo(Arrays.copyOfRange(p.get("v").toDoubles(), 4, 8));
                assertThat(file.get("e").shape()).containsExactly(2, 2);
                assertThat(file.get("e").toDoubles()).isEqualTo(Arrays.copyOfRange(p.get("k").toDoubles(), 4, 8));
            }
            FileLayout five = FileLayout.sameNames().stack("v", "a", "b", "c", "d", "e");
            assertThatThrownBy(() -> ParameterFile.write(path, p, five, Map.of())).hasMessage(
                    "write v [12]: the layout cuts it into 5 parts, expected a number that divides its first dimension");
        }
        try (Parameters scalar = Parameters.zeros(Type.F64, List.of(new Parameter("s", 1, 1, List.of(), some)))) {
            assertThatThrownBy(() -> ParameterFile.write(path, scalar, FileLayout.sameNames().stack("s", "a", "b"), Map.of())).hasMessage(
                    "write s []: the layout cuts it into 2 parts, expected a number that divides its first dimension");
        }
    }

    @Test
    void whatIsNullIsNamed() {
        Path path = Path.of("missing.safetensors");
        try (Parameters p = Parameters.zeros(Type.F64, List.of())) {
            assertThatThrownBy(() -> ParameterFile.read(path, null)).hasMessage("read: the object of parameters is null");
            assertThatThrownBy(() -> ParameterFile.read((Path) null, p)).hasMessage("read: the path is null");
            assertThatThrownBy(() -> ParameterFile.read(path, p, null)).hasMessage("read: the layout is null");
            assertThatThrownBy(() -> ParameterFile.write(path, p, null, Map.of())).hasMessage("write: the layout is null");
            assertThatThrownBy(() -> ParameterFile.read(path, p)).isInstanceOf(IOException.class);
        }
    }

    /** {@code g v / ‖v‖} where the square of no element is a normal number. */
    @Test
    void normsAreTakenAtAnyScale(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("tiny.safetensors");
        try (Block v = Block.of(Type.F64, 1, 2, 3e-300, 4e-300); Block g = Block.of(Type.F64, 1, 1, 5);
                Parameters p = Parameters.zeros(Type.F64, List.of(Parameter.matrix("w", 1, 2, Initialiser.constant(0))))) {
            Safetensors.write(path, Map.of("w_v", v, "w_g", g));
            ParameterFile.read(path, p);
            assertThat(p.get("w").get(0, 0)).isCloseTo(3, within(1e-15));
            assertThat(p.get("w").get(0, 1)).isCloseTo(4, within(1e-15));
            v.fill(0);
            Safetensors.write(path, Map.of("w_v", v, "w_g", g));
            assertThatThrownBy(() -> ParameterFile.read(path, p))
                    .hasMessage("read w [1, 2]: norm 0 of tensor 'w_v' is 0.0, expected a finite number other than 0");
        }
    }
}
