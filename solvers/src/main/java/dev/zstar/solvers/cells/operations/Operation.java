package dev.zstar.solvers.cells.operations;

import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.shapes.Shape;
import java.util.List;

/**
 * One operation of a cell, {@code y = op(x₁, x₂, …; θ)}. It adds instructions to programs, and computes nothing itself. The same object
 * may stand in several programs.
 */
public interface Operation {
    /** Its name, for messages and tables. */
    String name();

    /**
     * The shape of the result.
     *
     * @throws IllegalArgumentException if the operation does not take inputs of these shapes; the message has its name and the shapes
     */
    Shape shape(List<Shape> in);

    /**
     * The floating-point operations of {@link #value} for one row, about; infinite if they are many or unknown.
     *
     * @param out the shape of the result
     */
    default double operations(Shape out) {
        return Double.POSITIVE_INFINITY;
    }

    /** The parameters that it uses. */
    default List<Parameter> parameters() {
        return List.of();
    }

    /**
     * Adds {@code out = op(in)}.
     *
     * @param derivatives whether {@link #vjp} or {@link #jvp} follow
     * @return what these read, in addition to {@code in} and {@code out}; with {@code derivatives} only
     */
    List<Register> value(Assembler a, List<Register> in, Register out, boolean derivatives);

    /**
     * Adds {@code dx_i = (∂y/∂x_i)ᵀ dy}.
     *
     * @param wanted for which inputs
     * @return the gradients by input; null if it is not wanted, or zero. It may be {@code dy} itself
     */
    List<Register> vjp(Assembler a, Trace t, Register dy, List<Boolean> wanted);

    /**
     * Adds {@code out = Σ_i ∂y/∂x_i · dx_i}.
     *
     * @param dx by input; null if it is zero, but not all of them
     */
    void jvp(Assembler a, Trace t, List<Register> dx, Register out);

    /** Adds instructions that add {@code (∂y/∂θ)ᵀ dy} to the gradients of the parameters, for all rows together. */
    default void gradients(Assembler a, Trace t, Register dy) {}
}
