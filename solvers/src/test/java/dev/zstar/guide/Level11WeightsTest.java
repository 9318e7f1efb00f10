package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.Heads;
import dev.zstar.solvers.cells.Value;
import dev.zstar.solvers.parameters.FileLayout;
import dev.zstar.solvers.parameters.ParameterFile;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import dev.zstar.solvers.tensors.Npz;
import dev.zstar.solvers.tensors.Tensor;
import dev.zstar.solvers.tensors.TensorFile;
import dev.zstar.solvers.tensors.TensorSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Page 11 of the guide: weights in and out. */
class Level11WeightsTest {
    @Test
    void names(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("model.safetensors");
        // guide
        Cell cell = Cell.of(Type.F32, Shape.vector(64), Shape.vector(8), (net, z, x) ->
                net.linear("state", z, 64).plus(net.linearNoBias("input", x, 64)).tanh());
        try (Parameters p = cell.parameters(1)) {
            ParameterFile.write(path, p);                    // state.weight, state.bias, input.weight
            List<String> unused = ParameterFile.read(path, p);
            // hide
            assertThat(unused).isEmpty();
            // show
        }
        // end
    }

    @Test
    void layouts(@TempDir Path folder) throws Exception {
        Path model = Path.of(Level11WeightsTest.class.getResource("/torch/block.safetensors").toURI());
        Path mine = folder.resolve("mine.safetensors");
        // guide
        Cell cell = Cell.of(Type.F32, Shape.tokens(81, 8), (net, z, x) -> {
            Heads heads = Heads.heads(2).noBias().rotary(10_000, Rotary.Pairing.HALVES);
            Value h = net.rmsNorm("norm1", z.plus(net.attention("attn", z, heads)).plus(x));
            return net.rmsNorm("norm2", h.plus(net.swiglu("mlp", h, 12)));
        });
        FileLayout llama = FileLayout.sameNames()
                .under("model.layers.0.")
                .stack("attn.in_proj_weight", "self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight")
                .rename("attn.out_proj", "self_attn.o_proj")
                .rename("mlp.gate", "mlp.gate_proj")
                .rename("mlp.up", "mlp.up_proj")
                .rename("mlp.down", "mlp.down_proj")
                .rename("norm1", "input_layernorm")
                .rename("norm2", "post_attention_layernorm");
        try (Parameters p = cell.zeros()) {
            List<String> unused = ParameterFile.read(model, p, llama);
            System.out.println("not used: " + unused);      // the other layers, and "model.inv_freq"
            // hide
            assertThat(unused).contains("model.inv_freq").noneMatch(name -> name.startsWith("model.layers.0."));
            assertThatThrownBy(() -> ParameterFile.read(model, p)).hasMessageStartingWith("read attn.in_proj_weight [24, 8]: ")
                    .hasMessageContaining(" has no tensor 'attn.in_proj_weight', expected one of its 18 tensors, such as ");
            // show
            // … train …
            ParameterFile.write(mine, p, llama, Map.of("format", "pt"));     // with the names that it was read with
        }
        // end
        try (TensorFile written = TensorFile.open(mine); TensorFile read = TensorFile.open(model)) {
            assertThat(written.names()).hasSize(9).allMatch(read::contains);
        }
    }

    @Test
    void tensors(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("flax.npz");
        Cell cell = Cell.of(Type.F32, Shape.vector(3), Shape.vector(2), (net, z, x) ->
                net.linearNoBias("state", z, 3).plus(net.linear("input", x, 3)).tanh());
        try (Parameters p = cell.parameters(1)) {
            Npz.write(path, List.of(TensorSource.of("kernel", p.get("input.weight")).permuted(1, 0)));
        }
        // guide
        try (TensorFile file = TensorFile.open(path); Parameters p = cell.zeros()) {
            for (String name : file.names()) {
                System.out.println(file.get(name));          // Tensor['kernel', F32, [2, 3]]
            }
            Tensor kernel = file.get("kernel");              // inputs × outputs, as JAX and TensorFlow have it
            kernel.permuted(1, 0).copyTo(p.get("input.weight"));
            // hide
            assertThat(kernel).hasToString("Tensor['kernel', F32, [2, 3]]");
            assertThat(p.get("input.weight").get(2, 1)).isEqualTo(kernel.get(1 * 3 + 2));
            // show
        }
        // end
    }
}
