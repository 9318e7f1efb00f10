package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Layers;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y = φ(g) ⊙ u}, a gated linear unit (Shazeer 2020): the first input is g.
 *
 * @param activation φ: SIGMOID for GLU, SILU for SwiGLU
 */
public record Gate(Activation activation) implements Operation {
    @Override
    public String name() {
        return "gate " + activation.name().toLowerCase(java.util.Locale.ROOT);
    }

    @Override
    public Shape shape(List<Shape> in) {
        return Shapes.same(name(), in.get(0), in.get(1));
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        Register g = in.get(0);
        Register u = in.get(1);
        Layers layers = a.engine().layers();
        a.steps().add(name(), in, out, in, f -> () -> layers.gate(activation, f.block(g), f.block(u), f.block(out)));
        return List.of();
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        Register g = t.in(0);
        Register u = t.in(1);
        Register dg = a.steps().like("gradient", dy);
        Register du = a.steps().like("gradient", dy);
        Layers layers = a.engine().layers();
        a.steps().add(name(), List.of(g, u, dy), List.of(dg, du),
                f -> () -> layers.gateVjp(activation, f.block(g), f.block(u), f.block(dy), f.block(dg), f.block(du)));
        return Arrays.asList(wanted.get(0) ? dg : null, wanted.get(1) ? du : null);
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        Register g = t.in(0);
        Register u = t.in(1);
        Register dg = a.orZeros(dx.get(0), out);
        Register du = a.orZeros(dx.get(1), out);
        Layers layers = a.engine().layers();
        a.steps().add(name(), List.of(g, u, dg, du), List.of(out),
                f -> () -> layers.gateJvp(activation, f.block(g), f.block(u), f.block(dg), f.block(du), f.block(out)));
    }
}
