package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.cells.program.Steps;
import dev.zstar.solvers.parameters.Parameter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The program that operations add their instructions to, with the engine and the parameters, and instructions that many of them need. */
public final class Assembler {
    private final Engine engine;
    private final Bank bank;
    private final Steps steps;
    private final Map<Register, Register> locals = new HashMap<>();
    private final Map<Object, Register> computed = new HashMap<>();

    /** For one program. */
    public Assembler(Engine engine, Bank bank, Steps steps) {
        this.engine = engine;
        this.bank = bank;
        this.steps = steps;
    }

    /** The engine that computes. */
    public Engine engine() {
        return engine;
    }

    /** The parameters. */
    public Bank bank() {
        return bank;
    }

    /** The program. */
    public Steps steps() {
        return steps;
    }

    /** The same values in a block that is the same for every run, as an epilogue needs it: a copy if the register is the caller's. */
    public Register local(Register r) {
        return r.role() == Register.Role.EXTERNAL ? locals.computeIfAbsent(r, this::copy) : r;
    }

    private Register copy(Register r) {
        Register copy = steps.like(r.name(), r);
        copy(r, copy);
        return copy;
    }

    /** What {@code compute} returned for an equal key before, in this program. */
    public Register once(Object key, Supplier<Register> compute) {
        Register known = computed.get(key);
        if (known == null) {
            known = compute.get();
            computed.put(key, known);
        }
        return known;
    }

    /** {@code to = from}. */
    public void copy(Register from, Register to) {
        steps.add("copy", List.of(from), List.of(to), f -> () -> engine.copy(f.block(from), f.block(to)));
    }

    /** Zeros of the shape of another. */
    public void zeros(Register out) {
        steps.add("zeros", List.of(), List.of(out), f -> () -> f.block(out).fill(0));
    }

    /** The register, or zeros of the shape of another if it is null. */
    public Register orZeros(Register r, Register shape) {
        if (r != null) {
            return r;
        }
        Register zeros = steps.like("zeros", shape);
        zeros(zeros);
        return zeros;
    }

    /** {@code a + b}, over one of them if nobody else reads it. */
    public Register plus(Register a, Register b) {
        Register sum = steps.like(a.name(), a);
        plus(1, a, 1, b, sum);
        return sum;
    }

    /**
     * {@code out = α a + β b}, over a if nobody else reads it. The engine rounds α a first, wherever out is. Over b it would round β b
     * first, which has the same bits for factors of ±1 only.
     */
    public void plus(double α, Register a, double β, Register b, Register out) {
        boolean isExact = Math.abs(α) == 1 && Math.abs(β) == 1;
        steps.add("plus", List.of(a, b), out, isExact ? List.of(a, b) : List.of(a), f -> () -> {
            Block x = f.block(a);
            Block y = f.block(b);
            Block z = f.block(out);
            if (z == x) {
                engine.axpby(β, y, α, z);
            } else if (z == y) {
                engine.axpby(α, x, β, z);
            } else {
                engine.axpby(α, x, 0, z);
                engine.axpby(β, y, 1, z);
            }
        });
    }

    /** {@code out = a ⊙ b}, over one of them if nobody else reads it. */
    public void times(Register a, Register b, Register out) {
        steps.add("times", List.of(a, b), out, List.of(a, b), f -> () -> engine.multiply(f.block(a), f.block(b), f.block(out)));
    }

    /** {@code a ⊙ b} in a new register. */
    public Register times(Register a, Register b) {
        Register out = steps.like(a.name(), a);
        times(a, b, out);
        return out;
    }

    /** {@code out = a ⊙ gain} for each token or pixel, over a if nobody else reads it. */
    public void multiplyColumns(Register a, Parameter gain, Register out) {
        Block g = bank.values(gain);
        steps.add("gain " + gain.name(), List.of(a), out, List.of(a), f -> () -> engine.multiplyColumns(f.block(a), g, f.block(out)));
    }

    /** {@code out = α a}, over a if nobody else reads it. */
    public void scale(double α, Register a, Register out) {
        steps.add("scale", List.of(a), out, List.of(a), f -> () -> engine.axpby(α, f.block(a), 0, f.block(out)));
    }
}
