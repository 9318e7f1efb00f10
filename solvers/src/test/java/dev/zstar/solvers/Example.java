package dev.zstar.solvers;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.diagnosis.Diagnosis;
import dev.zstar.solvers.fixedpoint.EquilibriumStream;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.MixedPrecision;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.GradientOutcome;
import dev.zstar.solvers.linear.Gmres;
import java.util.ArrayList;
import java.util.List;

/** What the README shows, between the marks. */
final class Example {
    private Example() {}

    static Outcome solveAndDifferentiate(double[] wValues, double[] uValues, double[] bValues, double[] input, double[] gradient) {
        // example
        int n = 64;
        try (Engine engine = Engines.best(Engines.processors());
                Block w = Block.of(Type.F32, n, n, wValues);
                Block u = Block.of(Type.F32, n, 2, uValues);
                Block b = Block.of(Type.F32, 1, n, bValues);
                Block x = Block.of(Type.F32, 1, 2, input);
                Block g = Block.of(Type.F32, 1, n, gradient);
                Block z = engine.allocate(Type.F32, 1, n);
                Block v = engine.allocate(Type.F32, 1, n);
                Block dw = engine.allocate(Type.F32, n, n);
                Block du = engine.allocate(Type.F32, n, 2);
                Block db = engine.allocate(Type.F32, 1, n);
                DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, 1);
                FixedPointSolver forward = FixedPointSolver.plan(engine, Type.F32, 1, n, Stopping.relative(1e-6));
                Gmres backward = Gmres.plan(engine, Type.F32, 1, n, 20, Stopping.relative(1e-4))) {
            var sum = new DenseCell.Gradients(dw, du, db, null);
            cell.inject(x);                               // U x + b, once
            Outcome solved = forward.solve(cell, z);      // z = tanh(W z + U x + b), from z = 0
            cell.linearise(z);
            backward.solve(cell::vjp, g, v);              // (I - Jᵀ) v = ∂L/∂z
            cell.gradients(v, z, x, sum);                 // + ∂L/∂W, ∂L/∂U, ∂L/∂b
            return solved;
        }
        // end
    }

    static List<Status> stream(FixedPointSolver forward, DenseCell cell, Block x, Block states, List<float[]> inputs) {
        List<Status> ends = new ArrayList<>();
        // example
        var stream = new EquilibriumStream<float[]>(forward, cell, (input, slot, start) -> {
            x.copyFrom(input);
            cell.inject(slot, x);                         // start keeps the slot's last result: a warm start
        });
        stream.run(inputs.iterator(), states, solved -> ends.add(solved.status()));
        // end
        return ends;
    }

    static List<String> explain(FixedPointSolver forward, DenseCell cell, Block z) {
        List<String> said = new ArrayList<>();
        // example
        Outcome outcome = forward.solve(cell, z);
        if (!outcome.succeeded()) {
            Diagnosis.of(forward, cell, z).sentences().forEach(said::add);
        }
        // end
        return said;
    }

    static Outcome mixed(Engine engine, Block w, Block u, Block b, Block x, Block z, int n, int batch) {
        // example
        try (DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, batch, Format.INT8);
                MixedPrecision mixed = MixedPrecision.plan(
                        engine, Type.F32, batch, n, MixedPrecision.Options.DEFAULT, Stopping.relative(1e-6))) {
            cell.inject(x);
            return mixed.solve(cell, cell.in(Format.INT8), z);
        }
        // end
    }

    static GradientOutcome layer(Engine engine, DenseCell cell, FixedPointSolver forward, Block x, Block z, Block g,
            DenseCell.Gradients sum) {
        // example
        try (var layer = EquilibriumLayer.plan(engine, Type.F32, x.rows(), cell.n(), cell, forward, GradientMode.DEFAULT)) {
            layer.forward(x, z);                                // z* = f(z*, x), from what is in z
            GradientOutcome outcome = layer.backward(g, sum);   // g = ∂L/∂z*; gradients are added to the blocks of sum
            if (layer.report(g).worstError() > 0.1) {           // against a tight solve: costs one, so not at every step
                return null;
            }
            return outcome;                                     // what became of each row; prints as a sentence
        }
        // end
    }

    /** What a library of automatic differentiation asks of an operation. */
    interface Operation {
        float[] forward(float[] input);

        float[] backward(float[] gradient);
    }

    static Operation operation(EquilibriumLayer<DenseCell.Gradients> layer, Block x, Block z, Block g, DenseCell.Gradients sum) {
        // example
        return new Operation() {
            @Override
            public float[] forward(float[] input) {
                x.copyFrom(input);
                z.fill(0);
                layer.forward(x, z);
                return z.toFloats();
            }

            @Override
            public float[] backward(float[] gradient) {
                g.copyFrom(gradient);
                sum.x().fill(0);
                layer.backward(g, sum);                         // parameters add up, until the optimiser has used them
                return sum.x().toFloats();
            }
        };
        // end
    }
}
