package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.DropoutMask;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;

/**
 * The factors of a dropout: 0 with the given probability, {@code 1 / (1 - rate)} otherwise, or all 1 if dropout is off. They are drawn when
 * a row gets its input and stay for its solve, since a map that changes from step to step has no equilibrium. They depend on the seed, the
 * number of the dropout in its cell, and the row of the batch.
 *
 * @param shape the shape of the value that is dropped out
 * @param index the number of the dropout
 * @param rate the probability of a 0
 */
public record Mask(Shape shape, int index, double rate) implements Operation {
    @Override
    public String name() {
        return "dropout mask";
    }

    @Override
    public Shape shape(List<Shape> in) {
        return shape;
    }

    @Override
    public List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives) {
        Dropout dropout = a.bank().dropout();
        Block ones = a.bank().unit(out.cols());
        int rows = out.rows();
        a.steps().add(name(), in, List.of(out), f -> () -> {
            Block mask = f.block(out);
            for (int i = 0; i < mask.rows(); i++) {
                int row = dropout.row(i / rows);
                if (dropout.isOn(row)) {
                    DropoutMask.draw(mask, i, rate, dropout.seed(row, index), row * rows + i % rows);
                } else {
                    mask.copyRow(ones, 0, i);
                }
            }
        });
        return List.of();
    }

    @Override
    public List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted) {
        return List.of();
    }

    @Override
    public void jvp(Assembler a, Trace t, List<Register> dx, Register out) {
        throw new IllegalStateException(name() + ": it depends on nothing, expected no derivative");
    }
}
