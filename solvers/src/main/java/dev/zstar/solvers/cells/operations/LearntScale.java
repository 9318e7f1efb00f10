package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y = α x} with a learnt number α, such as that of a residual branch in ReZero (Bachlechner et al. 2020).
 *
 * @param factor α
 */
public record LearntScale(Parameter factor) implements Operation {
    @Override
    public String name() {
        return "scalar " + factor.name();
    }

    @Override
    public Shape shape(List<Shape> in) {
        return in.getFirst();
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(factor);
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        scale(a, in.getFirst(), out);
        return List.of();
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        if (!wanted.getFirst()) {
            return Arrays.asList((Register) null);
        }
        Register dx = a.steps().like("gradient", dy);
        scale(a, dy, dx);
        return List.of(dx);
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        scale(a, dx.getFirst(), out);
    }

    private void scale(Assembler a, Register x, Register out) {
        Engine engine = a.engine();
        Block α = a.bank().values(factor);
        a.steps().add(name(), List.of(x), out, List.of(x), f -> () -> engine.axpby(α.get(0, 0), f.block(x), 0, f.block(out)));
    }

    /** {@code dα = ⟨x, dy⟩}, in f64 until the sum over all rows is complete. */
    @Override
    public void gradients(Assembler a, Trace t, Register dy) {
        Engine engine = a.engine();
        Bank bank = a.bank();
        Register x = t.in(0);
        Register products = a.steps().numbers("products", x.rows());
        a.steps().add(name(), List.of(x, dy), List.of(products), true, f -> () -> {
            Block sum = bank.gradient(factor);
            if (sum == null) {
                return;
            }
            double[] dots = f.numbers(products);
            engine.dot(f.block(x), f.block(dy), dots);
            double total = 0;
            for (int p = 0; p < f.count() * x.rows(); p++) {
                total += dots[p];
            }
            sum.set(0, 0, sum.get(0, 0) + total);
        });
    }
}
