package dev.zstar.kernels.spi;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Failures;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.SmallMatrices;
import dev.zstar.kernels.Type;

/** Checks of the operands of {@link SmallMatrices}: each method throws, naming the operand, unless all operands fit each other. */
public final class SmallShapes {
    private SmallShapes() {}

    /** The operands of {@link SmallMatrices#multiply}; returns the order. */
    public static int multiply(Block a, Block b, Block out) {
        int d = unrolledOrder("multiply", "a", a);
        Operands.require("multiply", "b", b, a.type(), a.rows(), a.cols());
        result("multiply", "b", b, out, d * d);
        Operands.apart("multiply", "out", out, "a", a);
        return d;
    }

    /** The operands of {@link SmallMatrices#transform}; returns the order. */
    public static int transform(Block m, Block v, Block out) {
        int d = unrolledOrder("transform", "m", m);
        Operands.present("transform", "v", v);
        vectors("transform", "v", v, m.type(), d, v.cols());
        m.requireShape("transform", "m", m.type(), m.rows(), m.cols() == 1 ? 1 : v.cols());
        result("transform", "v", v, out, v.rows());
        Operands.apart("transform", "out", out, "m", m);
        return d;
    }

    /** The operands of {@link SmallMatrices#solve}; returns the order. */
    public static int solve(Block m, Block rhs, Block out, Failures singular) {
        int d = unrolledOrder("solve", "m", m);
        vectors("solve", "rhs", rhs, m.type(), d, m.cols());
        result("solve", "rhs", rhs, out, rhs.rows());
        Operands.apart("solve", "out", out, "m", m);
        room("solve", singular, m.cols());
        return d;
    }

    /** The operands of {@link SmallMatrices#cholesky}; returns the order. */
    public static int cholesky(Block a, Failures indefinite) {
        int n = order("cholesky", "a", a);
        room("cholesky", indefinite, a.cols());
        return n;
    }

    /** The operands of {@link SmallMatrices#solveCholesky}; returns the order. */
    public static int solveCholesky(Block l, Block rhs) {
        int n = order("solveCholesky", "l", l);
        vectors("solveCholesky", "rhs", rhs, l.type(), n, l.cols());
        Operands.apart("solveCholesky", "rhs", rhs, "l", l);
        return n;
    }

    /** The operands of {@link SmallMatrices#qr}. */
    public static void qr(Block a, Block tau) {
        factors("qr", a, tau);
        Operands.apart("qr", "tau", tau, "a", a);
    }

    /** The operands of {@link SmallMatrices#solveQr}. */
    public static void solveQr(Block qr, Block tau, Block rhs, Block out, Failures singular) {
        factors("solveQr", qr, tau);
        int n = tau.rows();
        int m = qr.rows() / n;
        vectors("solveQr", "rhs", rhs, qr.type(), m, qr.cols());
        result("solveQr", "rhs", rhs, out, rhs.rows() / m * n);
        Operands.apart("solveQr", "out", out, "qr", qr);
        Operands.apart("solveQr", "out", out, "tau", tau);
        room("solveQr", singular, qr.cols());
    }

    private static void factors(String operation, Block a, Block tau) {
        Operands.open(operation, operation.equals("qr") ? "a" : "qr", a);
        Operands.present(operation, "tau", tau);
        int n = tau.rows();
        if (n < 1 || n > SmallMatrices.ORDER || a.rows() % n != 0 || a.rows() / n < n || a.rows() / n > SmallMatrices.ORDER) {
            throw new IllegalArgumentException(operation + ": the matrices are " + a.shape() + ", tau " + tau.shape()
                    + ", expected m·n and n rows with n ≤ m ≤ " + SmallMatrices.ORDER);
        }
        tau.requireShape(operation, "tau", a.type(), n, a.cols());
    }

    private static int unrolledOrder(String operation, String operand, Block a) {
        Operands.open(operation, operand, a);
        return switch (a.rows()) {
            case 4 -> 2;
            case 9 -> 3;
            case 16 -> 4;
            default -> throw new IllegalArgumentException(operation + ": " + operand + " is " + a.shape() + ", expected 4, 9 or 16 rows");
        };
    }

    private static int order(String operation, String operand, Block a) {
        Operands.open(operation, operand, a);
        int n = (int) Math.round(Math.sqrt(a.rows()));
        if (n * n != a.rows() || n < 1 || n > SmallMatrices.ORDER) {
            throw new IllegalArgumentException(operation + ": " + operand + " is " + a.shape() + ", expected n² rows with n ≤ "
                    + SmallMatrices.ORDER);
        }
        return n;
    }

    private static void vectors(String operation, String operand, Block v, Type type, int n, int count) {
        Operands.present(operation, operand, v);
        if (v.rows() == 0 || v.rows() % n != 0) {
            throw new IllegalArgumentException(
                    operation + ": " + operand + " is " + v.shape() + ", expected a multiple of " + n + " rows for matrices of that order");
        }
        v.requireShape(operation, operand, type, v.rows(), count);
    }

    /** A result may be its operand, because a system is read before it is written, but may not overlap it partly. */
    private static void result(String operation, String operand, Block input, Block out, int rows) {
        Operands.require(operation, "out", out, input.type(), rows, input.cols());
        if (rows == input.rows()) {
            Operands.sameOrApart(operation, "out", out, operand, input);
        } else {
            Operands.apart(operation, "out", out, operand, input);
        }
    }

    private static void room(String operation, Failures failures, int count) {
        if (failures != null && failures.capacity() < count) {
            throw new IllegalArgumentException(
                    operation + ": the failures have a capacity of " + failures.capacity() + " systems, expected at least " + count);
        }
    }
}
