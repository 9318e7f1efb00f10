package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Layers;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y_i = Σ_j softmax_j(⟨q_i, k_j⟩ / √d) v_j} for each head, with the inputs q, k and v (Vaswani et al. 2017).
 *
 * @param heads the number of heads, side by side in a token
 * @param causal whether a token sees only earlier tokens and itself
 */
public record Attention(int heads, boolean causal) implements Operation {
    @Override
    public String name() {
        return "attention";
    }

    @Override
    public Shape shape(List<Shape> in) {
        Shape.Tokens q = Shapes.tokens(name(), in.getFirst());
        Shapes.same(name(), q, in.get(1));
        Shapes.same(name(), q, in.get(2));
        if (q.width() % heads != 0) {
            throw new IllegalArgumentException(
                    name() + ": the input is " + q + ", expected a width that is a multiple of " + heads + " heads");
        }
        return q;
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        Register q = in.get(0);
        Register k = in.get(1);
        Register v = in.get(2);
        Register lse = a.steps().numbers("log of sums of attention", out.rows() * heads);
        Layers layers = a.engine().layers();
        a.steps().add(name(), in, List.of(out, lse), f -> () -> layers.attention(f.block(q), f.block(k), f.block(v), out.rows(), heads,
                causal, f.block(out), f.numbers(lse)));
        return List.of(lse);
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        Register q = t.in(0);
        Register k = t.in(1);
        Register v = t.in(2);
        Register lse = t.saved(0);
        Register dq = a.steps().like("gradient of q", q);
        Register dk = a.steps().like("gradient of k", k);
        Register dv = a.steps().like("gradient of v", v);
        Layers layers = a.engine().layers();
        a.steps().add(name(), List.of(q, k, v, lse, dy), List.of(dq, dk, dv), f -> () -> layers.attentionVjp(f.block(q), f.block(k),
                f.block(v), q.rows(), heads, causal, f.numbers(lse), f.block(dy), f.block(dq), f.block(dk), f.block(dv)));
        return Arrays.asList(wanted.get(0) ? dq : null, wanted.get(1) ? dk : null, wanted.get(2) ? dv : null);
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        Register q = t.in(0);
        Register k = t.in(1);
        Register v = t.in(2);
        Register lse = t.saved(0);
        Register dq = a.orZeros(dx.get(0), q);
        Register dk = a.orZeros(dx.get(1), k);
        Register dv = a.orZeros(dx.get(2), v);
        Layers layers = a.engine().layers();
        a.steps().add(name(), List.of(q, k, v, lse, dq, dk, dv), List.of(out), f -> () -> layers.attentionJvp(f.block(q), f.block(k),
                f.block(v), q.rows(), heads, causal, f.numbers(lse), f.block(dq), f.block(dk), f.block(dv), f.block(out)));
    }
}
