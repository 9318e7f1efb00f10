package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.solvers.cells.program.Frame;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Weight;
import dev.zstar.solvers.shapes.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * {@code y = φ(x Wᵀ + b + r)}, for each token. Images are multiplied by convolutions.
 *
 * @param weight W
 * @param bias b, or null
 * @param hasResidual whether r is the second input
 * @param activation φ
 */
public record Affine(Weight weight, Bias bias, boolean hasResidual, Activation activation) implements Product {
    /** {@code y = x Wᵀ}. */
    public static Affine product(Weight weight) {
        return new Affine(weight, null, false, Activation.IDENTITY);
    }

    @Override
    public String name() {
        return "product with " + weight.parameter().name();
    }

    @Override
    public double operations(Shape out) {
        return 2.0 * weight.inputs() * out.size();
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

    @Override
    public void multiply(Assembler a, List<Register> reads, List<Register> writes, Function<Frame, Epilogue> epilogue) {
        Engine engine = a.engine();
        PackedMatrix w = a.bank().matrix(weight);
        Register x = reads.getFirst();
        Register out = writes.getFirst();
        a.steps().add(name(), reads, writes, weight.isTransposed() ? w.full()::prepareTransposed : null, f -> {
            Epilogue then = epilogue.apply(f);
            if (!weight.isTransposed()) {
                return () -> engine.apply(w.now(), f.block(x), f.block(out), then);
            }
            return () -> {
                engine.applyTransposed(w.now(), f.block(x), f.block(out));
                if (!then.isNone()) {
                    engine.finish(f.block(out), f.block(out), then);
                }
            };
        });
    }

    @Override
    public void multiplyTransposed(Assembler a, Register u, Register out) {
        Engine engine = a.engine();
        PackedMatrix w = a.bank().matrix(weight);
        a.steps().add(name(), List.of(u), List.of(out), weight.isTransposed() ? null : w.full()::prepareTransposed, f -> {
            if (weight.isTransposed()) {
                return () -> engine.apply(w.full(), f.block(u), f.block(out), Epilogue.NONE);
            }
            return () -> engine.applyTransposed(w.full(), f.block(u), f.block(out));
        });
    }

    @Override
    public void addGradients(Assembler a, Register d, Register x) {
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

    @Override
    public boolean takes(Bias bias) {
        return bias.length() == weight.outputs();
    }

    @Override
    public Affine with(Bias bias) {
        return new Affine(weight, bias, hasResidual, activation);
    }

    @Override
    public Affine withResidual() {
        return new Affine(weight, bias, true, activation);
    }

    @Override
    public Affine with(Activation activation) {
        return new Affine(weight, bias, hasResidual, activation);
    }
}
