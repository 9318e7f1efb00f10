package dev.zstar.kernels.spi;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;

/** Checks of the operands of an {@link Epilogue}, for the operations that have one. */
final class EpilogueShapes {
    private EpilogueShapes() {}

    /** Throws, naming the operand, unless all operands fit an {@code out} of this shape. */
    static void check(String operation, Epilogue epilogue, Type type, int batch, int n, int inner) {
        Block bias = epilogue.bias();
        Block slope = epilogue.slope();
        Epilogue.Norms norms = epilogue.norms();
        if (bias != null) {
            bias.requireShape(operation, "bias", type, 1, n);
        }
        injection(operation, epilogue, type, batch, n);
        if (slope != null) {
            slope.requireShape(operation, "slope", type, batch, n);
        }
        if (norms != null && n != inner) {
            throw new IllegalArgumentException(
                    operation + ": the epilogue has norms, and the weights are " + n + "×" + inner + ", expected square weights");
        }
        if (norms != null && norms.capacity() < batch) {
            throw new IllegalArgumentException(
                    operation + ": norms have a capacity of " + norms.capacity() + " rows, expected at least " + batch);
        }
    }

    /** The part of {@link #check} for the injection. */
    static void injection(String operation, Epilogue epilogue, Type type, int batch, int n) {
        Block injection = epilogue.injection();
        Rows rows = epilogue.rows();
        if (injection != null) {
            injection.requireShape(operation, "injection", type, injection.rows(), n);
            if (rows != null && rows.count() < batch) {
                throw new IllegalArgumentException(operation + ": rows has " + rows.count() + " active rows, expected at least " + batch);
            }
            int needed = rows == null ? batch : rows.capacity();
            if (injection.rows() < needed) {
                throw new IllegalArgumentException(operation + ": injection has " + injection.rows() + " rows, expected at least " + needed
                        + (rows == null ? "" : ", the capacity of rows"));
            }
        }
    }

    /** Throws, naming both, if an output overlaps an input. {@code z} may be null. */
    static void apart(String operation, Epilogue epilogue, Block z, Block out) {
        Block bias = epilogue.bias();
        Block injection = epilogue.injection();
        Block slope = epilogue.slope();
        if (bias != null) {
            Operands.apart(operation, "out", out, "bias", bias);
        }
        if (injection != null) {
            Operands.apart(operation, "out", out, "injection", injection);
        }
        if (slope != null) {
            slopeApart(operation, epilogue, z, out);
        }
    }

    /** The part of {@link #apart} for the slope. */
    static void slopeApart(String operation, Epilogue epilogue, Block z, Block out) {
        Block bias = epilogue.bias();
        Block injection = epilogue.injection();
        Block slope = epilogue.slope();
        Operands.apart(operation, "out", out, "slope", slope);
        if (z != null) {
            Operands.apart(operation, "slope", slope, "z", z);
        }
        if (bias != null) {
            Operands.apart(operation, "slope", slope, "bias", bias);
        }
        if (injection != null) {
            Operands.apart(operation, "slope", slope, "injection", injection);
        }
    }
}
