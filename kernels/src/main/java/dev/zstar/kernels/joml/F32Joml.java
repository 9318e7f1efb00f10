package dev.zstar.kernels.joml;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Operands;
import org.joml.Matrix3f;
import org.joml.Matrix3fc;
import org.joml.Matrix4f;
import org.joml.Matrix4fc;
import org.joml.Vector3f;
import org.joml.Vector3fc;
import org.joml.Vector4f;
import org.joml.Vector4fc;

/**
 * Copies JOML's f32 matrices and vectors into one system of a batch and back, or an array of them into consecutive systems. The batch may
 * have either type; values are rounded if the target has the smaller type.
 *
 * <p>JOML names an element by its column first: {@code m10} is column 1 of row 0, which is row 1 of a batch of matrices, not row
 * 4. Both multiply column vectors from the left, so {@code transform}, {@code mul} and {@code invert} mean the same on both sides.
 * Methods throw {@link IllegalArgumentException} if the batch has another number of rows, and {@link IndexOutOfBoundsException} if it does
 * not have the system.
 */
// A user of this package requires JOML too; "requires static transitive" would ask for it wherever this module is used.
@SuppressWarnings("exports")
public final class F32Joml {
    private F32Joml() {}

    /** Sets system {@code s} of a batch of matrices of order 4. */
    public static void put(Matrix4fc m, Block batch, int s) {
        require("Matrix4f", batch, 16, s, 1);
        batch.set(0, s, m.m00());
        batch.set(1, s, m.m10());
        batch.set(2, s, m.m20());
        batch.set(3, s, m.m30());
        batch.set(4, s, m.m01());
        batch.set(5, s, m.m11());
        batch.set(6, s, m.m21());
        batch.set(7, s, m.m31());
        batch.set(8, s, m.m02());
        batch.set(9, s, m.m12());
        batch.set(10, s, m.m22());
        batch.set(11, s, m.m32());
        batch.set(12, s, m.m03());
        batch.set(13, s, m.m13());
        batch.set(14, s, m.m23());
        batch.set(15, s, m.m33());
    }

    /** System {@code s} of a batch of matrices of order 4, in {@code to}, which is returned. */
    public static Matrix4f get(Block batch, int s, Matrix4f to) {
        require("Matrix4f", batch, 16, s, 1);
        // JOML takes column after column.
        return to.set(
                (float) batch.get(0, s), (float) batch.get(4, s), (float) batch.get(8, s), (float) batch.get(12, s),
                (float) batch.get(1, s), (float) batch.get(5, s), (float) batch.get(9, s), (float) batch.get(13, s),
                (float) batch.get(2, s), (float) batch.get(6, s), (float) batch.get(10, s), (float) batch.get(14, s),
                (float) batch.get(3, s), (float) batch.get(7, s), (float) batch.get(11, s), (float) batch.get(15, s));
    }

    /** Sets the systems from {@code first} on, one for each matrix. */
    public static void put(Matrix4fc[] from, Block batch, int first) {
        require("Matrix4f", batch, 16, first, from.length);
        for (int i = 0; i < from.length; i++) {
            put(from[i], batch, first + i);
        }
    }

    /** Copies the systems from {@code first} on, one into each matrix. */
    public static void get(Block batch, int first, Matrix4f[] to) {
        require("Matrix4f", batch, 16, first, to.length);
        for (int i = 0; i < to.length; i++) {
            get(batch, first + i, to[i]);
        }
    }

    /** Sets system {@code s} of a batch of matrices of order 3. */
    public static void put(Matrix3fc m, Block batch, int s) {
        require("Matrix3f", batch, 9, s, 1);
        batch.set(0, s, m.m00());
        batch.set(1, s, m.m10());
        batch.set(2, s, m.m20());
        batch.set(3, s, m.m01());
        batch.set(4, s, m.m11());
        batch.set(5, s, m.m21());
        batch.set(6, s, m.m02());
        batch.set(7, s, m.m12());
        batch.set(8, s, m.m22());
    }

    /** System {@code s} of a batch of matrices of order 3, in {@code to}, which is returned. */
    public static Matrix3f get(Block batch, int s, Matrix3f to) {
        require("Matrix3f", batch, 9, s, 1);
        // JOML takes column after column.
        return to.set(
                (float) batch.get(0, s), (float) batch.get(3, s), (float) batch.get(6, s),
                (float) batch.get(1, s), (float) batch.get(4, s), (float) batch.get(7, s),
                (float) batch.get(2, s), (float) batch.get(5, s), (float) batch.get(8, s));
    }

    /** Sets the systems from {@code first} on, one for each matrix. */
    public static void put(Matrix3fc[] from, Block batch, int first) {
        require("Matrix3f", batch, 9, first, from.length);
        for (int i = 0; i < from.length; i++) {
            put(from[i], batch, first + i);
        }
    }

    /** Copies the systems from {@code first} on, one into each matrix. */
    public static void get(Block batch, int first, Matrix3f[] to) {
        require("Matrix3f", batch, 9, first, to.length);
        for (int i = 0; i < to.length; i++) {
            get(batch, first + i, to[i]);
        }
    }

    /** Sets system {@code s} of a batch of vectors. */
    public static void put(Vector4fc v, Block batch, int s) {
        require("Vector4f", batch, 4, s, 1);
        batch.set(0, s, v.x());
        batch.set(1, s, v.y());
        batch.set(2, s, v.z());
        batch.set(3, s, v.w());
    }

    /** System {@code s} of a batch of vectors, in {@code to}, which is returned. */
    public static Vector4f get(Block batch, int s, Vector4f to) {
        require("Vector4f", batch, 4, s, 1);
        return to.set((float) batch.get(0, s), (float) batch.get(1, s), (float) batch.get(2, s), (float) batch.get(3, s));
    }

    /** Sets the systems from {@code first} on, one for each vector. */
    public static void put(Vector4fc[] from, Block batch, int first) {
        require("Vector4f", batch, 4, first, from.length);
        for (int i = 0; i < from.length; i++) {
            put(from[i], batch, first + i);
        }
    }

    /** Copies the systems from {@code first} on, one into each vector. */
    public static void get(Block batch, int first, Vector4f[] to) {
        require("Vector4f", batch, 4, first, to.length);
        for (int i = 0; i < to.length; i++) {
            get(batch, first + i, to[i]);
        }
    }

    /** Sets system {@code s} of a batch of vectors. */
    public static void put(Vector3fc v, Block batch, int s) {
        require("Vector3f", batch, 3, s, 1);
        batch.set(0, s, v.x());
        batch.set(1, s, v.y());
        batch.set(2, s, v.z());
    }

    /** System {@code s} of a batch of vectors, in {@code to}, which is returned. */
    public static Vector3f get(Block batch, int s, Vector3f to) {
        require("Vector3f", batch, 3, s, 1);
        return to.set((float) batch.get(0, s), (float) batch.get(1, s), (float) batch.get(2, s));
    }

    /** Sets the systems from {@code first} on, one for each vector. */
    public static void put(Vector3fc[] from, Block batch, int first) {
        require("Vector3f", batch, 3, first, from.length);
        for (int i = 0; i < from.length; i++) {
            put(from[i], batch, first + i);
        }
    }

    /** Copies the systems from {@code first} on, one into each vector. */
    public static void get(Block batch, int first, Vector3f[] to) {
        require("Vector3f", batch, 3, first, to.length);
        for (int i = 0; i < to.length; i++) {
            get(batch, first + i, to[i]);
        }
    }

    private static void require(String type, Block batch, int rows, int first, int count) {
        Operands.present("JOML", "the batch", batch);
        batch.requireOpen();
        if (batch.rows() != rows) {
            throw new IllegalArgumentException("the batch is " + batch.shape() + ", expected " + rows + " rows for " + type);
        }
        if (first < 0 || count > batch.cols() - first) {
            throw new IndexOutOfBoundsException("systems " + first + " to " + (first + count - 1) + " of a batch of " + batch.shape()
                    + ", expected at least 0 and below " + batch.cols());
        }
    }
}
