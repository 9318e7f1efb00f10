package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/** {@code y = 1/T Σ_t x_t}: the mean of the T tokens of each sample, as a vector. A product of a row of ones with each sample. */
public record MeanOfTokens() implements Operation {
    @Override
    public String name() {
        return "mean of tokens";
    }

    @Override
    public Shape shape(List<Shape> in) {
        return Shape.vector(Shapes.tokens(name(), in.getFirst()).width());
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        multiply(a, false, in.getFirst(), out, in.getFirst().rows());
        return List.of();
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        if (!wanted.getFirst()) {
            return Arrays.asList((Register) null);
        }
        Register dx = a.steps().like("gradient", t.in(0));
        multiply(a, true, dy, dx, dx.rows());
        return List.of(dx);
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        multiply(a, false, dx.getFirst(), out, dx.getFirst().rows());
    }

    private void multiply(Assembler a, boolean isTransposed, Register x, Register out, int tokens) {
        Engine engine = a.engine();
        Block ones = a.bank().unit(tokens);
        double factor = 1.0 / tokens;
        a.steps().add(name(), List.of(x), List.of(out), f -> () -> {
            int samples = f.count();
            for (int s = 0; s < samples; s++) {
                engine.gemm(factor, ones, isTransposed, f.block(x).part(s, samples), false, 0, f.block(out).part(s, samples));
            }
        });
    }
}
