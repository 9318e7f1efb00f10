package dev.zstar.kernels.spi;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.VectorOperations;

/** Checks of the operands of {@link VectorOperations}: each method throws, naming the operand, unless all operands fit each other. */
public final class VectorShapes {
    private VectorShapes() {}

    /** The operands of {@link VectorOperations#axpby(double[], Block, double[], Block)}. */
    public static void axpby(double[] a, Block x, double[] b, Block y) {
        Operands.elementwise("axpby", "x", x, "y", y);
        Operands.capacity("axpby", "a", a, x.rows());
        Operands.capacity("axpby", "b", b, x.rows());
    }

    /** The operands of {@link VectorOperations#multiply} and {@link VectorOperations#multiplyAdd}. */
    public static void multiply(String operation, Block x, Block y, Block out) {
        Operands.same(operation, "x", x, "y", y);
        Operands.elementwise(operation, "x", x, "out", out);
        Operands.sameOrApart(operation, "out", out, "y", y);
    }

    /** The operands of {@link VectorOperations#multiplyColumns}. */
    public static void multiplyColumns(Block x, Block gain, Block out) {
        channels("multiplyColumns", x, "gain", gain);
        Operands.elementwise("multiplyColumns", "x", x, "out", out);
        Operands.apart("multiplyColumns", "out", out, "gain", gain);
    }

    /** The operands of {@link VectorOperations#multiplyColumnsGradient}. */
    public static void multiplyColumnsGradient(Block x, Block dy, Block dGain) {
        Operands.same("multiplyColumnsGradient", "x", x, "dy", dy);
        channels("multiplyColumnsGradient", x, "dGain", dGain);
        Operands.apart("multiplyColumnsGradient", "dGain", dGain, "x", x);
        Operands.apart("multiplyColumnsGradient", "dGain", dGain, "dy", dy);
    }

    private static void channels(String operation, Block x, String operand, Block numbers) {
        Operands.open(operation, "x", x);
        Operands.present(operation, operand, numbers);
        int channels = numbers.cols();
        numbers.requireShape(operation, operand, x.type(), 1, channels);
        if (channels == 0 ? x.cols() != 0 : x.cols() % channels != 0) {
            throw new IllegalArgumentException(
                    operation + ": " + operand + " has " + channels + " columns, expected a divisor of x's " + x.cols());
        }
    }

    /** The operands of {@link VectorOperations#activate} and of the derivatives. */
    public static void activate(String operation, Activation activation, Block x, Block out) {
        Operands.present(operation, "the activation", activation);
        Operands.elementwise(operation, "x", x, "out", out);
    }

    /** The operands of {@link VectorOperations#dot}. */
    public static void dot(Block x, Block y, double[] out) {
        Operands.same("dot", "x", x, "y", y);
        Operands.capacity("dot", "out", out, x.rows());
    }

    /** The operands of a sum over each row of {@code x}. */
    public static void sums(String operation, Block x, double[] out) {
        Operands.open(operation, "x", x);
        Operands.capacity(operation, "out", out, x.rows());
    }

    /** The operands of {@link VectorOperations#iamax}. */
    public static void iamax(Block x, int[] out) {
        Operands.open("iamax", "x", x);
        Operands.capacity("iamax", "out", out, x.rows());
    }
}
