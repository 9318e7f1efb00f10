package dev.zstar.solvers.tensors;

import dev.zstar.kernels.Type;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * The element types of tensors in files. All names but {@code BF16} exist in both formats: safetensors writes them as they are, and numpy
 * as a letter and a number of bytes. The order is that of safetensors files, which store the types of the widest elements first.
 */
public enum ElementType {
    /** Integers from 0 to 2⁶⁴ - 1. */
    U64(8, 'u'),
    /** Integers from -2⁶³ to 2⁶³ - 1. */
    I64(8, 'i'),
    /** IEEE 754 binary64. */
    F64(8, 'f'),
    /** IEEE 754 binary32. */
    F32(4, 'f'),
    /** Integers from 0 to 2³² - 1. */
    U32(4, 'u'),
    /** Integers from -2³¹ to 2³¹ - 1. */
    I32(4, 'i'),
    /** bfloat16: the upper half of an f32. */
    BF16(2, '-'),
    /** IEEE 754 binary16. */
    F16(2, 'f'),
    /** Integers from 0 to 65535. */
    U16(2, 'u'),
    /** Integers from -32768 to 32767. */
    I16(2, 'i'),
    /** Integers from -128 to 127. */
    I8(1, 'i'),
    /** Integers from 0 to 255. */
    U8(1, 'u'),
    /** 0 is false, and every other byte is true. Read and written as the numbers 0 and 1. */
    BOOL(1, 'b');

    private final int bytes;
    private final char kind;

    ElementType(int bytes, char kind) {
        this.bytes = bytes;
        this.kind = kind;
    }

    /** The number of bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** The type of the elements of a block. */
    public static ElementType of(Type type) {
        return type == Type.F32 ? F32 : F64;
    }

    /** The type of this name in safetensors files, or null. */
    static ElementType named(String name) {
        for (ElementType type : values()) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        return null;
    }

    /** The type that numpy calls {@code f4}, {@code i8} and so on, or null. */
    static ElementType ofNumpy(String code) {
        for (ElementType type : values()) {
            if (code.equals(type.numpy())) {
                return type;
            }
        }
        return null;
    }

    /** The name in numpy without byte order; null for BF16, which numpy does not have. */
    String numpy() {
        return this == BF16 ? null : String.format(Locale.ROOT, "%c%d", kind, bytes);
    }

    /** The element at this byte offset, as {@link #decode} takes it. Allocates nothing. */
    long bits(MemorySegment memory, long at, ByteOrder order) {
        boolean swap = order != ByteOrder.nativeOrder();
        return switch (bytes) {
            case 1 -> memory.get(ValueLayout.JAVA_BYTE, at);
            case 2 -> {
                short bits = memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at);
                yield swap ? Short.reverseBytes(bits) : bits;
            }
            case 4 -> {
                int bits = memory.get(ValueLayout.JAVA_INT_UNALIGNED, at);
                yield swap ? Integer.reverseBytes(bits) : bits;
            }
            default -> {
                long bits = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
                yield swap ? Long.reverseBytes(bits) : bits;
            }
        };
    }

    /** The number with these bits, sign-extended. Integers beyond 2⁵³ are rounded to nearest even. */
    double decode(long bits) {
        return switch (this) {
            case F64 -> Double.longBitsToDouble(bits);
            case F32 -> Float.intBitsToFloat((int) bits);
            case F16 -> Float.float16ToFloat((short) bits);
            case BF16 -> Float.intBitsToFloat((int) bits << 16);
            case I64, I32, I16, I8 -> bits;
            // The lowest bit is kept in the half, so that the conversion rounds as it would have rounded the whole.
            case U64 -> bits >= 0 ? bits : 2.0 * (bits >>> 1 | bits & 1);
            case U32 -> bits & 0xFFFFFFFFL;
            case U16 -> bits & 0xFFFF;
            case U8 -> bits & 0xFF;
            case BOOL -> bits == 0 ? 0 : 1;
        };
    }

    /** The bits of this number, rounded to nearest even; only for numbers that this type {@link #holds}. */
    long encode(double value) {
        return switch (this) {
            case F64 -> Double.doubleToRawLongBits(value);
            case F32 -> Float.floatToRawIntBits((float) value);
            case F16 -> Float.floatToFloat16(Rounding.toOdd(value));
            case BF16 -> Rounding.toBf16(Rounding.toOdd(value));
            case U64 -> value < 0x1p63 ? (long) value : (long) (value - 0x1p63) | Long.MIN_VALUE;
            default -> (long) value;
        };
    }

    /**
     * Whether a number can be written in this type: an integer in its range, or for a floating-point type any number that does not round
     * to infinity, an infinity, or NaN.
     */
    boolean holds(double value) {
        if (kind == 'f' || this == BF16) {
            return !Double.isFinite(value) || Double.isFinite(decode(encode(value)));
        }
        double beyond = kind == 'b' ? 2 : Math.scalb(1.0, kind == 'u' ? 8 * bytes : 8 * bytes - 1);
        return value >= (kind == 'i' ? -beyond : 0) && value < beyond && value == Math.rint(value);
    }

    /** What {@link #holds} accepts, for messages. */
    String range() {
        return switch (kind) {
            case 'b' -> "0 or 1";
            case 'i' -> "an integer from -2^" + (8 * bytes - 1) + " to 2^" + (8 * bytes - 1) + " - 1";
            case 'u' -> "an integer from 0 to 2^" + 8 * bytes + " - 1";
            default -> "a number that does not round to infinity in " + this;
        };
    }
}
