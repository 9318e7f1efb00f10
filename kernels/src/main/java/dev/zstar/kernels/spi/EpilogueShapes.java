package dev.zstar.kernels.spi;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Operands;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;

/** The operands of an {@link Epilogue}, for the operations that have one. */
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
        if (norms != null && (n != inner || norms.capacity() < batch)) {
            throw new IllegalArgumentException(operation + ": norms for " + norms.capacity() + " rows of a square map, expected "
                    + batch + " rows; the weights are " + n + "×" + inner);
        }
    }

    /** The part of {@link #check} for the injection. */
    static void injection(String operation, Epilogue epilogue, Type type, int batch, int n) {
        Block injection = epilogue.injection();
        Rows rows = epilogue.rows();
        if (injection != null) {
            injection.requireShape(operation, "injection", type, injection.rows(), n);
            if (rows != null ? batch > rows.count() || injection.rows() < rows.capacity() : injection.rows() < batch) {
                throw new IllegalArgumentException(operation + ": injection has " + injection.rows() + " rows"
                        + (rows == null ? "" : ", the row map " + rows.count() + " of " + rows.capacity())
                        + ", expected at least " + batch);
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
