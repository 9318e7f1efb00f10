package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y[t', c] = Σ_t W[t', t] x[t, c] + b[t']}: a product along the tokens, the same for each column (Tolstikhin et al. 2021). It is one
 * product {@code Y = W X + b 1ᵀ} for each sample, in which the columns are the batch. Always computed in the full format.
 *
 * @param weight W, {@code outTokens × tokens}
 * @param bias b, {@code 1 × outTokens}
 */
public record MixTokens(Parameter weight, Parameter bias) implements Operation {
    @Override
    public String name() {
        return "mix of tokens with " + weight.name();
    }

    @Override
    public Shape shape(List<Shape> in) {
        Shape.Tokens x = Shapes.tokens(name(), in.getFirst());
        if (x.count() != weight.cols()) {
            throw new IllegalArgumentException(name() + ": the input is " + x + ", expected " + weight.cols() + " tokens");
        }
        return Shape.tokens(weight.rows(), x.width());
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(weight, bias);
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        Register x = in.getFirst();
        Engine engine = a.engine();
        Block w = a.bank().values(weight);
        Block b = a.bank().columns(bias, out.cols());
        a.steps().add(name(), in, List.of(out), f -> () -> {
            int samples = f.count();
            for (int s = 0; s < samples; s++) {
                Block y = f.block(out).part(s, samples);
                y.copyFrom(b);
                engine.gemm(1, w, false, f.block(x).part(s, samples), false, 1, y);
            }
        });
        return List.of();
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        if (!wanted.getFirst()) {
            return Arrays.asList((Register) null);
        }
        Register dx = a.steps().like("gradient", t.in(0));
        multiply(a, true, dy, dx);
        return List.of(dx);
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        multiply(a, false, dx.getFirst(), out);
    }

    private void multiply(Assembler a, boolean isTransposed, Register x, Register out) {
        Engine engine = a.engine();
        Block w = a.bank().values(weight);
        a.steps().add(name(), List.of(x), List.of(out), f -> () -> {
            int samples = f.count();
            for (int s = 0; s < samples; s++) {
                engine.gemm(1, w, isTransposed, f.block(x).part(s, samples), false, 0, f.block(out).part(s, samples));
            }
        });
    }

    /** {@code dW = Σ dY Xᵀ} and {@code db = Σ dY 1} over the samples. */
    @Override
    public void gradients(Assembler a, Trace t, Register dy) {
        Engine engine = a.engine();
        Bank bank = a.bank();
        Register x = t.in(0);
        Block ones = bank.unit(dy.cols());
        a.steps().effect(name(), List.of(dy, x), f -> () -> {
            Block dw = bank.gradient(weight);
            Block db = bank.gradient(bias);
            int samples = f.count();
            for (int s = 0; s < samples; s++) {
                Block d = f.block(dy).part(s, samples);
                if (dw != null) {
                    engine.gemm(1, d, false, f.block(x).part(s, samples), true, 1, dw);
                }
                if (db != null) {
                    engine.gemm(1, ones, false, d, true, 1, db);
                }
            }
        });
    }
}
