package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Weight;
import dev.zstar.solvers.shapes.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y = φ(x Wᵀ + b + r)}, for each token: a product with bias, residual and activation in one call of the engine. A cell is described
 * with single products, biases, sums and activations; {@code Fusion} makes these of them. Images are multiplied by convolutions.
 *
 * @param weight W
 * @param bias b, or null
 * @param hasResidual whether r is the second input
 * @param activation φ
 */
public record Affine(Weight weight, Bias bias, boolean hasResidual, Activation activation) implements Operation {
    /** {@code y = x Wᵀ}. */
    public static Affine product(Weight weight) {
        return new Affine(weight, null, false, Activation.IDENTITY);
    }

    @Override
    public String name() {
        return "product with " + weight.parameter().name();
    }

    @Override
    public Shape shape(List<Shape> in) {
        Shape x = in.getFirst();
        if (x instanceof Shape.Image || x instanceof Shape.Together || x.width() != weight.inputs()) {
            throw new IllegalArgumentException(name() + " " + weight.outputs() + "×" + weight.inputs() + ": the input is " + x
                    + ", expected a vector or tokens of width " + weight.inputs());
        }
        return x.withWidth(weight.outputs());
    }

    @Override
    public List<Parameter> parameters() {
        List<Parameter> parameters = new ArrayList<>();
        parameters.add(weight.parameter());
        if (weight.norm() instanceof Weight.Norm.Rows rows) {
            parameters.add(rows.lengths());
        }
        if (bias != null) {
            parameters.add(bias.bias());
        }
        return parameters;
    }

    private boolean isPlain() {
        return bias == null && !hasResidual && activation == Activation.IDENTITY;
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        Register slope = derivatives && activation != Activation.IDENTITY ? a.steps().like("slope of " + name(), out) : null;
        Register x = in.getFirst();
        Register residual = hasResidual ? a.local(in.get(1)) : null;
        List<Register> reads = residual == null ? List.of(x) : List.of(x, residual);
        List<Register> writes = slope == null ? List.of(out) : List.of(out, slope);
        Engine engine = a.engine();
        PackedMatrix w = a.bank().matrix(weight);
        Block b = bias == null ? null : a.bank().values(bias);
        a.steps().add(name(), reads, writes, f -> {
            Epilogue epilogue = new Epilogue(b, residual == null ? null : f.fixed(residual), null, activation,
                    slope == null ? null : f.fixed(slope), null);
            if (!weight.isTransposed()) {
                return () -> engine.apply(w.now(), f.block(x), f.block(out), epilogue);
            }
            boolean plain = isPlain();
            return () -> {
                engine.applyTransposed(w.now(), f.block(x), f.block(out));
                if (!plain) {
                    engine.finish(f.block(out), f.block(out), epilogue);
                }
            };
        });
        return slope == null ? List.of() : List.of(slope);
    }

    /** {@code d = φ' ⊙ dy}. */
    private Register inner(Assembler a, Trace t, Register dy) {
        return t.saved().isEmpty() ? dy : a.once(List.of(t, dy), () -> a.times(dy, t.saved(0)));
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        Register d = inner(a, t, dy);
        Register dx = wanted.getFirst() ? a.steps().like("gradient", t.in(0)) : null;
        if (dx != null) {
            multiply(a, !weight.isTransposed(), d, dx);
        }
        return hasResidual ? Arrays.asList(dx, wanted.get(1) ? d : null) : Arrays.asList(dx);
    }

    /** {@code out = x W} or {@code x Wᵀ}. */
    private void multiply(Assembler a, boolean isTransposed, Register x, Register out) {
        Engine engine = a.engine();
        PackedMatrix w = a.bank().matrix(weight);
        a.steps().add(name(), List.of(x), List.of(out), f -> {
            if (isTransposed) {
                return () -> engine.applyTransposed(w.full(), f.block(x), f.block(out));
            }
            return () -> engine.apply(w.full(), f.block(x), f.block(out), Epilogue.NONE);
        });
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        Register sum = t.saved().isEmpty() ? out : a.steps().like("tangent", out);
        Register residual = hasResidual ? dx.get(1) : null;
        if (dx.getFirst() == null) {
            a.copy(residual, sum);
        } else if (residual == null) {
            multiply(a, weight.isTransposed(), dx.getFirst(), sum);
        } else {
            Register product = a.steps().like("tangent", out);
            multiply(a, weight.isTransposed(), dx.getFirst(), product);
            a.plus(1, product, 1, residual, sum);
        }
        if (!t.saved().isEmpty()) {
            a.times(sum, t.saved(0), out);
        }
    }

    @Override
    public void gradients(Assembler a, Trace t, Register dy) {
        Register d = inner(a, t, dy);
        Register x = t.in(0);
        Engine engine = a.engine();
        PackedMatrix w = a.bank().matrix(weight);
        a.steps().effect(name(), List.of(d, x), f -> () -> {
            Block sum = w.gradient();
            if (sum != null) {
                engine.addOuter(f.block(weight.isTransposed() ? x : d), f.block(weight.isTransposed() ? d : x), sum);
            }
        });
        if (bias != null) {
            Bias.addGradient(a, bias, d);
        }
    }

    /** This product with a bias. */
    public Affine with(Bias bias) {
        return new Affine(weight, Arguments.present("affine", "the bias", bias), hasResidual, activation);
    }

    /** This product plus a second input. */
    public Affine withResidual() {
        return new Affine(weight, bias, true, activation);
    }

    /** This product with an activation. */
    public Affine with(Activation activation) {
        return new Affine(weight, bias, hasResidual, activation);
    }
}
