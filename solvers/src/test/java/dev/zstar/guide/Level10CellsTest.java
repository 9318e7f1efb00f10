package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellGradients;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.cells.Heads;
import dev.zstar.solvers.cells.Keep;
import dev.zstar.solvers.cells.Value;
import dev.zstar.solvers.fixedpoint.EquilibriumStream;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Page 10 of the guide: your own network as an equilibrium. */
class Level10CellsTest {
    // guide
    /** One block of a transformer, whose output is the next state. */
    static Cell transformer(int tokens, int width) {
        return Cell.of(Type.F32, Shape.tokens(tokens, width), (net, z, x) -> {
            Value h = net.rmsNorm("norm1", z.plus(net.attention("attention", z, Heads.heads(4))).plus(x));
            return net.rmsNorm("norm2", h.plus(net.swiglu("mlp", h, 3 * width)));
        });
    }
    // end

    // guide
    /** Two resolutions with one joint equilibrium: 8 × 8 pixels of 4 channels, and 4 × 4 of 8. */
    static Cell multiscale() {
        Shape fine = Shape.image(8, 8, 4);
        Shape coarse = Shape.image(4, 4, 8);
        return Cell.of(Type.F32, Shape.together(fine, coarse), fine, (net, z, x) -> {
            Value high = net.groupNorm("norm1", net.convolve("conv1", z.part(0), 4, 3, 1).plus(x), 2).relu();
            Value low = net.groupNorm("norm2", net.convolve("conv2", z.part(1), 8, 3, 1), 2).relu();
            Value up = net.convolve("up", low, 4, 1, 1).upsample(2);
            Value down = net.convolve("down", high, 8, 3, 2);
            return net.together(net.groupNorm("fuse1", high.plus(up), 2), net.groupNorm("fuse2", low.plus(down), 2));
        });
    }
    // end

    private static void random(Block block, long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < block.rows(); i++) {
            for (int j = 0; j < block.cols(); j++) {
                block.set(i, j, random.nextGaussian());
            }
        }
    }

    @Test
    void onBlocks() {
        int batch = 3;
        Cell cell = transformer(5, 16);
        try (Engine engine = Engines.best(1);
                Block x = engine.allocate(Type.F32, batch, cell.inputs());
                Block z = engine.allocate(Type.F32, batch, cell.n());
                Block g = engine.allocate(Type.F32, batch, cell.n());
                Block dx = engine.allocate(Type.F32, batch, cell.inputs())) {
            random(x, 1);
            random(g, 2);
            // guide
            try (Parameters parameters = cell.parameters(1);                  // first values, from the seed 1
                    Parameters gradients = parameters.zerosLike();
                    CellMap f = cell.plan(engine, batch, parameters);         // allocates everything
                    var layer = EquilibriumLayer.plan(f, Stopping.relative(1e-4).within(500))) {
                Outcome solved = layer.forward(x, z);
                layer.backward(g, new CellGradients(gradients, dx));
                engine.axpy(-0.01, gradients.get("mlp.down.weight"), parameters.get("mlp.down.weight"));
                f.update();                                                   // the parameters have new values
                // hide
                assertThat(solved.batch()).isEqualTo(batch);
                assertThat(dx.get(0, 0)).isNotZero();
                // show
            }
            // end
        }
    }

    @Test
    void keepOrComputeAgain() {
        Cell cell = transformer(5, 16);
        try (Engine engine = Engines.best(1); Parameters parameters = cell.parameters(1)) {
            // guide
            try (CellMap f = cell.plan(engine, 64, parameters, Keep.POINT, Format.BF16)) {
                System.out.println(f.memoryTable());
                // hide
                assertThat(f.memoryTable()).contains("together");
                assertThat(f.in(Format.BF16)).isNotNull();
                // show
            }
            // end
        }
    }

    @Test
    void asAStream() {
        int slots = 2;
        Cell cell = multiscale();
        try (Engine engine = Engines.best(1);
                Parameters parameters = cell.parameters(1);
                CellMap f = cell.plan(engine, slots, parameters);
                FixedPointSolver solver = FixedPointSolver.plan(f, Stopping.relative(1e-3).within(300));
                Block inputs = engine.allocate(Type.F32, 5, cell.inputs());
                Block states = engine.allocate(Type.F32, slots, cell.n())) {
            random(inputs, 3);
            List<Integer> seen = new java.util.ArrayList<>();
            // guide
            var stream = new EquilibriumStream<Integer>(solver, f, (image, slot, start) -> {
                f.inject(slot, inputs.part(image, 5));                        // a new problem takes the place of one that is done
                start.part(slot, slots).fill(0);
            });
            stream.run(List.of(0, 1, 2, 3, 4).iterator(), states, solved -> seen.add(solved.input()));
            // end
            assertThat(seen).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
        }
    }

    @Test
    void shapesAreCheckedWhenTheCellIsDescribed() {
        assertThatThrownBy(() -> Cell.of(Type.F32, Shape.tokens(5, 16), (net, z, x) -> z.plus(net.linear("w", z, 8))))
                .hasMessage("plus: the inputs are tokens(5, 16) and tokens(5, 8), expected two of one shape");
    }

    @Test
    void masksStayForASolve() {
        Cell cell = Cell.of(Type.F32, Shape.vector(8), (net, z, x) -> net.dropout(net.linear("w", z, 8).plus(x).tanh(), 0.5));
        try (Engine engine = Engines.best(1);
                Parameters parameters = cell.parameters(1);
                CellMap f = cell.plan(engine, 2, parameters);
                Block x = engine.allocate(Type.F32, 2, 8);
                Block z = engine.allocate(Type.F32, 2, 8);
                Block out = engine.allocate(Type.F32, 2, 8)) {
            random(x, 4);
            int step = 7;
            // guide
            f.dropout(step);                                                  // the next inject draws masks from this seed
            f.inject(x);
            f.apply(z, out, new Rows(2));
            f.noDropout();                                                    // evaluation: masks of ones, from the next inject on
            // end
            assertThat(out.toFloats()).contains(0f);
        }
    }
}
