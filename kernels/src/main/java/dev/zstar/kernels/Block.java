package dev.zstar.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A matrix of {@code rows × cols} elements of one {@link Type}, row-major, outside the Java heap.
 *
 * <p>Rows start on 64-byte boundaries (one cache line, one 512-bit vector). What lies between the last column and the next row is
 * padding: kernels neither read it as data nor write it. Arrays of the heap are copied in and out by the methods that say so.
 *
 * <p>A block owns its memory until {@link #close}. Using a closed block throws {@link IllegalStateException}; closing one while
 * another thread computes on it is an error that cannot be noticed. A block may be used by several threads as long as none writes.
 */
public final class Block implements AutoCloseable {
    private static final int LINE = 64;
    /** Rows this many bytes apart fall into one set of an L1 cache, and the eight rows of a register tile evict each other. */
    private static final int ALIAS = 4096;
    /** The last of eight rows is less than 2³¹ bytes from the first, which kernels rely on. */
    private static final int LONGEST = 1 << 28;

    private static final AtomicLong LIVE = new AtomicLong();

    static {
        Accesses.rehearse();
    }

    private final Type type;
    private final int rows;
    private final int cols;
    private final int stride;
    private final MemorySegment segment;
    private final long address;
    private final Memory memory;
    private Block[] heads;
    private Block[] parts = {};

    /** What a block and its views share. */
    private static final class Memory {
        final Arena arena = Arena.ofShared();
        final long bytes;
        boolean closed;

        Memory(long bytes) {
            this.bytes = bytes;
        }
    }

    private Block(Type type, int rows, int cols, int stride, MemorySegment segment, Memory memory) {
        this.type = type;
        this.rows = rows;
        this.cols = cols;
        this.stride = stride;
        this.segment = segment;
        this.address = segment.address();
        this.memory = memory;
    }

    /**
     * Allocates a block of zeros.
     *
     * @throws IllegalArgumentException if a dimension is negative, or a row longer than 2²⁸ bytes
     * @throws OutOfMemoryError if the system has no such memory
     */
    public static Block allocate(Type type, int rows, int cols) {
        if (rows < 0 || cols < 0) {
            throw new IllegalArgumentException("a block of " + rows + "×" + cols + ": dimensions must not be negative");
        }
        int stride = stride(type, cols);
        long bytes = bytes(type, rows, cols);
        Memory memory = new Memory(bytes);
        // One more line that may be read: kernels that widen halves of vectors load half a vector beyond the last row.
        MemorySegment segment = memory.arena.allocate(bytes + LINE, LINE).asSlice(0, bytes);
        LIVE.addAndGet(bytes);
        return new Block(type, rows, cols, stride, segment, memory);
    }

    /** Allocates a block and copies {@code values}, row by row, into it. */
    public static Block of(Type type, int rows, int cols, double... values) {
        Block block = allocate(type, rows, cols);
        block.copyFrom(values);
        return block;
    }

    /** The bytes that a block of this shape occupies, padding included. */
    public static long bytes(Type type, int rows, int cols) {
        return (long) rows * stride(type, cols) * type.bytes();
    }

    /** The bytes of all blocks in this process that are not closed. */
    public static long liveBytes() {
        return LIVE.get();
    }

    private static int stride(Type type, int cols) {
        long bytes = ((long) cols * type.bytes() + LINE - 1) / LINE * LINE;
        if (bytes > 0 && bytes % ALIAS == 0) {
            bytes += LINE;
        }
        if (bytes > LONGEST) {
            throw new IllegalArgumentException("a row of " + cols + " " + type + ": at most 2²⁸ bytes");
        }
        return (int) (bytes / type.bytes());
    }

    public Type type() {
        return type;
    }

    public int rows() {
        return rows;
    }

    public int cols() {
        return cols;
    }

    /** Elements from the start of one row to the start of the next. */
    public int stride() {
        return stride;
    }

    /** Bytes from the start of one row to the start of the next. */
    public long strideBytes() {
        return (long) stride * type.bytes();
    }

    /** The memory, rows and padding, for native code. */
    public MemorySegment segment() {
        return segment;
    }

    /** The address of the first element, for kernels: nothing checks what is done with it. */
    public long address() {
        return address;
    }

    /**
     * The first {@code count} rows as a block on the same memory. The view is made once for each count and then kept, so that asking
     * again allocates nothing; closing it closes nothing.
     */
    public Block head(int count) {
        if (count == rows) {
            return this;
        }
        if (count < 0 || count > rows) {
            throw new IndexOutOfBoundsException("the first " + count + " rows of a block of " + shape());
        }
        if (heads == null) {
            heads = new Block[rows];
        }
        Block head = heads[count];
        if (head == null) {
            head = new Block(type, count, cols, stride, segment.asSlice(0, count * strideBytes()), memory);
            heads[count] = head;
        }
        return head;
    }

    /** This block, once its views of fewer rows are made, so that no {@link #head} allocates later: for blocks that a solve works with. */
    public Block withHeads() {
        for (int count = 0; count < rows; count++) {
            head(count);
        }
        return this;
    }

    /**
     * Group {@code i} of {@code count} equal groups of rows as a block on the same memory: one item of a batch of matrices. The views are made
     * once and kept until another count is asked for; closing one closes nothing. Not for two threads at once.
     *
     * @throws IllegalArgumentException if the rows do not make {@code count} equal groups
     */
    public Block part(int i, int count) {
        if (count < 1 || rows % count != 0) {
            throw new IllegalArgumentException(count + " equal parts of a block of " + shape());
        }
        if (count == 1) {
            return this;
        }
        if (parts.length != count) {
            Block[] views = new Block[count];
            int height = rows / count;
            long bytes = height * strideBytes();
            for (int p = 0; p < count; p++) {
                views[p] = new Block(type, height, cols, stride, segment.asSlice(p * bytes, bytes), memory);
            }
            parts = views;
        }
        return parts[i];
    }

    /** One element, widened to f64. */
    public double get(int row, int col) {
        long at = offset(row, col);
        return type == Type.F32 ? segment.get(ValueLayout.JAVA_FLOAT, at) : segment.get(ValueLayout.JAVA_DOUBLE, at);
    }

    /** Sets one element, rounded to this block's type. */
    public void set(int row, int col, double value) {
        long at = offset(row, col);
        if (type == Type.F32) {
            segment.set(ValueLayout.JAVA_FLOAT, at, (float) value);
        } else {
            segment.set(ValueLayout.JAVA_DOUBLE, at, value);
        }
    }

    private long offset(int row, int col) {
        if (row < 0 || row >= rows || col < 0 || col >= cols) {
            throw new IndexOutOfBoundsException("element (" + row + ", " + col + ") of a block of " + shape());
        }
        requireOpen();
        return ((long) row * stride + col) * type.bytes();
    }

    /** Sets every element; the padding is left alone. */
    public void fill(double value) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                set(i, j, value);
            }
        }
    }

    /** Copies {@code rows · cols} values in, row by row. */
    public void copyFrom(float... values) {
        requireLength(values.length);
        if (type == Type.F32) {
            for (int i = 0; i < rows; i++) {
                MemorySegment.copy(values, i * cols, segment, ValueLayout.JAVA_FLOAT, i * strideBytes(), cols);
            }
            return;
        }
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                set(i, j, values[i * cols + j]);
            }
        }
    }

    /** Copies {@code rows · cols} values in, row by row, rounded to this block's type. */
    public void copyFrom(double... values) {
        requireLength(values.length);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                set(i, j, values[i * cols + j]);
            }
        }
    }

    /** Copies the elements of a block of the same shape in, rounded where the types differ. */
    public void copyFrom(Block other) {
        other.requireShape("copyFrom", "the source", other.type, rows, cols);
        requireOpen();
        if (type == other.type) {
            for (int i = 0; i < rows; i++) {
                MemorySegment.copy(other.segment, i * other.strideBytes(), segment, i * strideBytes(), (long) cols * type.bytes());
            }
            return;
        }
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                set(i, j, other.get(i, j));
            }
        }
    }

    /** Copies row {@code from} of a block of the same type and width into row {@code to} of this one. */
    public void copyRow(Block source, int from, int to) {
        source.requireShape("copyRow", "the source", type, source.rows, cols);
        if (from < 0 || from >= source.rows || to < 0 || to >= rows) {
            throw new IndexOutOfBoundsException("row " + from + " of " + source.shape() + " to row " + to + " of " + shape());
        }
        requireOpen();
        MemorySegment.copy(source.segment, from * source.strideBytes(), segment, to * strideBytes(), (long) cols * type.bytes());
    }

    /** A copy of the elements, row by row. */
    public double[] toDoubles() {
        double[] values = new double[rows * cols];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                values[i * cols + j] = get(i, j);
            }
        }
        return values;
    }

    /** A copy of the elements, row by row, rounded to f32. */
    public float[] toFloats() {
        float[] values = new float[rows * cols];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                values[i * cols + j] = (float) get(i, j);
            }
        }
        return values;
    }

    /** The bytes of this block's memory, padding included. */
    public long bytes() {
        return rows * strideBytes();
    }

    /** Rows, columns and type, as messages write them: {@code 32×512 f32}. */
    public String shape() {
        return rows + "×" + cols + " " + type;
    }

    /**
     * Throws unless this block is open and has the given shape.
     *
     * @param operation what was asked for, and {@code operand} what this block is in it: both for the message
     */
    public void requireShape(String operation, String operand, Type type, int rows, int cols) {
        if (this.rows != rows || this.cols != cols || this.type != type) {
            throw new IllegalArgumentException(
                    operation + ": " + operand + " is " + shape() + ", expected " + rows + "×" + cols + " " + type);
        }
        requireOpen();
    }

    /** Throws {@link IllegalStateException} if this block is closed. */
    public void requireOpen() {
        if (memory.closed) {
            throw new IllegalStateException("a block of " + shape() + " was used after it was closed");
        }
    }

    private void requireLength(int length) {
        if (length != rows * cols) {
            throw new IllegalArgumentException("copyFrom: " + length + " values, expected " + rows * cols + " for " + shape());
        }
    }

    /** Frees the memory. Closing twice, or closing a view, does nothing. */
    @Override
    public void close() {
        if (memory.closed || segment.byteSize() != memory.bytes) {
            return;
        }
        memory.closed = true;
        memory.arena.close();
        LIVE.addAndGet(-memory.bytes);
    }

    @Override
    public String toString() {
        return "Block[" + shape() + (memory.closed ? ", closed" : "") + "]";
    }
}
