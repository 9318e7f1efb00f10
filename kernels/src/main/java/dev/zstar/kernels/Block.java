package dev.zstar.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;

/**
 * A matrix of {@code rows × cols} elements of one {@link Type}, row-major, outside the Java heap.
 *
 * <p>Rows start on 64-byte boundaries (one cache line, one 512-bit vector). Between the last column and the next row is padding. Kernels
 * never write to it, and no result depends on it, but they may read it.
 *
 * <p>A block owns its memory until {@link #close}. Using a closed block throws {@link IllegalStateException}. A block may be closed
 * while another thread computes on it: the running call either completes or throws that exception, and the memory is freed afterwards.
 * The garbage collector frees an unreachable block that was not closed. The {@code System.Logger} {@code dev.zstar.kernels} then gets a
 * warning: for the first such block of the process, or with assertions on for each, with the place that allocated it. The
 * {@link #segment} and {@link #address} do not keep a block alive. Several threads may use a block as long as none writes.
 *
 * <p>All blocks together hold at most a budget of bytes. On Linux it is by default three quarters of the memory of the machine or of its
 * control group, whichever is less. On other systems there is none, and {@link #budget} is {@link Long#MAX_VALUE}. The
 * {@code zstar.memory} property sets another. The budget does not know {@code -Xmx}: if the heap may take more than the remaining
 * quarter, set the property. {@code -XX:MaxDirectMemorySize} does not apply to blocks.
 */
public final class Block implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create();
    static {
        AccessWarmup.run();
    }

    private final Type type;
    private final int rows;
    private final int cols;
    private final int stride;
    private final MemorySegment segment;
    private final long address;
    private final BlockMemory memory;
    /** The block that owns the memory: views keep it reachable. This block itself, if it is not a view. */
    private final Block owner;
    /** Frees the memory of a block that was not closed; null for a view. */
    private final Cleaner.Cleanable watch;
    private volatile Block[] heads;
    private volatile Block[] parts = {};
    private volatile Block[] folds = {};

    private Block(Type type, int rows, int cols, BlockMemory memory) {
        this.type = type;
        this.rows = rows;
        this.cols = cols;
        this.stride = BlockLayout.stride(type, cols);
        this.segment = memory.segment;
        this.address = segment.address();
        this.memory = memory;
        this.owner = this;
        watch = CLEANER.register(this, memory);
    }

    /** A view: {@code rows} rows of {@code cols} elements from row {@code from} of {@code of} on. */
    Block(Block of, int from, int rows, int cols) {
        type = of.type;
        this.rows = rows;
        this.cols = cols;
        stride = BlockLayout.stride(type, cols);
        segment = of.segment.asSlice(from * of.strideBytes(), rows * strideBytes());
        address = segment.address();
        memory = of.memory;
        owner = of.owner;
        watch = null;
    }

    /**
     * Allocates a block of zeros.
     *
     * @throws IllegalArgumentException if a dimension is negative, or a row longer than 2²⁸ bytes
     * @throws OutOfMemoryError if all blocks would hold more than the budget, or the system has no such memory
     */
    public static Block allocate(Type type, int rows, int cols) {
        return allocate(type, rows, cols, false);
    }

    /** For authors of engines: a block that {@link #liveBytes} does not count, and that the garbage collector frees if nobody closes it. */
    public static Block scratch(Type type, int rows, int cols) {
        return allocate(type, rows, cols, true);
    }

    private static Block allocate(Type type, int rows, int cols, boolean scratch) {
        return new Block(type, rows, cols, new BlockMemory(bytes(type, rows, cols), rows + "×" + cols + " " + type, scratch));
    }

    /**
     * Allocates a block and copies {@code values} into it, row by row, rounded to the type. The array is not kept.
     *
     * @throws IllegalArgumentException unless there are {@code rows · cols} values
     */
    public static Block of(Type type, int rows, int cols, double... values) {
        return BlockCopies.allocate(type, rows, cols, block -> BlockCopies.in("Block.of", values, block));
    }

    /** The same for an array of f32 values. */
    public static Block of(Type type, int rows, int cols, float[] values) {
        return BlockCopies.allocate(type, rows, cols, block -> BlockCopies.in("Block.of", values, block));
    }

    /** The bytes that a block of this shape occupies, padding included. */
    public static long bytes(Type type, int rows, int cols) {
        return BlockLayout.bytes(type, rows, cols);
    }

    /** The bytes of all open blocks of this process, without {@link #scratch} blocks. */
    public static long liveBytes() {
        return BlockMemory.live();
    }

    /** The bytes that all blocks may hold. Scratch blocks count here, and so do closed blocks until their memory is freed. */
    public static long budget() {
        return Budget.bytes();
    }

    /** How many blocks the garbage collector freed because nobody had closed them. */
    public static long lost() {
        return BlockMemory.lost();
    }

    /** The element type. */
    public Type type() {
        return type;
    }

    /** The number of rows. */
    public int rows() {
        return rows;
    }

    /** The number of columns. */
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

    /** The memory, rows and padding, for native code. Valid while this block is open and reachable. */
    public MemorySegment segment() {
        return segment;
    }

    /** The address of the first element, for kernels. Accesses through it are not checked. Valid while this block is open and reachable. */
    public long address() {
        return address;
    }

    /**
     * The first {@code count} rows as a block on the same memory. The view for each count is created once and kept, so later calls
     * allocate nothing. Two threads that first ask for it at the same time may get two views. Closing a view has no effect.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 ≤ count ≤ rows}
     */
    public Block head(int count) {
        Block[] views = heads;
        if (views == null || count < 0 || count > rows || views[count] == null) {
            views = BlockViews.heads(this, views, count);
            heads = views;
        }
        return views[count];
    }

    /** Creates all {@linkplain #head heads}, so that none is allocated later, and returns this block. */
    public Block withHeads() {
        return BlockViews.withHeads(this);
    }

    /**
     * Group {@code i} of {@code count} equal groups of rows as a block on the same memory: one matrix of a batch. The views are created
     * once and kept until another count is used. Closing a view has no effect.
     *
     * @throws IllegalArgumentException if the rows do not make {@code count} equal groups
     * @throws IndexOutOfBoundsException unless {@code 0 ≤ i < count}
     */
    public Block part(int i, int count) {
        Block[] views = parts;
        if (views.length != count || i < 0 || i >= count) {
            views = BlockViews.parts(this, i, count);
            parts = views;
        }
        return views[i];
    }

    /** Rows {@code from … from + count - 1} as a block on the same memory. Each call creates a view. Closing it has no effect. */
    public Block range(int from, int count) {
        return BlockViews.range(this, from, count);
    }

    /**
     * The same memory as {@code rows · parts} rows of {@code cols / parts} columns: the tokens of a sample, or the heads of a token. Row
     * {@code p} becomes rows {@code p · parts … (p + 1) · parts - 1}. Each view is created once and kept. Closing a view has no effect.
     *
     * @throws IllegalArgumentException unless {@link #canFold}
     */
    public Block folded(int parts) {
        for (Block fold : folds) {
            if (parts > 0 && fold.cols * (long) parts == cols && fold.rows == rows * (long) parts) {
                return fold;
            }
        }
        folds = BlockViews.folds(this, folds, parts);
        return folds[folds.length - 1];
    }

    /**
     * Whether {@link #folded} can cut each row into {@code parts}: the columns of each part must fill cache lines without padding.
     */
    public boolean canFold(int parts) {
        return BlockViews.canFold(this, parts);
    }

    /** One element, widened to f64. */
    public double get(int row, int col) {
        return BlockElements.get(this, row, col);
    }

    /** Sets one element, rounded to this block's type. */
    public void set(int row, int col, double value) {
        BlockElements.set(this, row, col, value);
    }

    /** Sets every element, not the padding. */
    public void fill(double value) {
        BlockCopies.fill(value, this);
    }

    /** Copies {@code rows · cols} values in, row by row. */
    public void copyFrom(float... values) {
        BlockCopies.in(values, this);
    }

    /** Copies {@code rows · cols} values in, row by row, rounded to this block's type. */
    public void copyFrom(double... values) {
        BlockCopies.in(values, this);
    }

    /** Copies the elements of a block of the same shape in, rounded if the types differ. */
    public void copyFrom(Block other) {
        BlockCopies.copy(other, this);
    }

    /** Copies row {@code from} of a block of the same type and width into row {@code to} of this one. */
    public void copyRow(Block source, int from, int to) {
        BlockCopies.row(source, from, this, to);
    }

    /**
     * Copies columns {@code from … from + count - 1} of every row of a block of the same type and number of rows into columns
     * {@code to … to + count - 1} of this one. The source may be this block, but must not overlap it otherwise.
     */
    public void copyColumns(Block source, int from, int to, int count) {
        BlockCopies.columns(source, from, this, to, count);
    }

    /** A copy of the elements, row by row. */
    public double[] toDoubles() {
        return BlockCopies.toDoubles(this);
    }

    /** A copy of the elements, row by row, rounded to f32. */
    public float[] toFloats() {
        return BlockCopies.toFloats(this);
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
     * @param operation the operation that was called, for the message
     * @param operand the name of this block in it, for the message
     */
    public void requireShape(String operation, String operand, Type type, int rows, int cols) {
        if (this.rows != rows || this.cols != cols || this.type != type) {
            throw new IllegalArgumentException(
                    operation + ": " + operand + " is " + shape() + ", expected " + rows + "×" + cols + " " + type);
        }
        requireOpen(operation, operand);
    }

    /** Whether this block, or the owner of this view, was closed. A thread may miss a close by another until its next engine call. */
    public boolean closed() {
        return memory.closed();
    }

    /** Throws {@link IllegalStateException} if this block is closed. */
    public void requireOpen() {
        if (memory.closed()) {
            throw new IllegalStateException("a block of " + shape() + " was used after it was closed");
        }
    }

    /** {@link #requireOpen()} with an operand's name in the message. */
    public void requireOpen(String operation, String operand) {
        if (memory.closed()) {
            throw new IllegalStateException(operation + ": " + operand + ", a block of " + shape() + ", was used after it was closed");
        }
    }

    /** Closes this block. Its memory is freed once no running call can use it. Closing twice, or closing a view, has no effect. */
    @Override
    public void close() {
        if (watch != null && memory.close()) {
            watch.clean();
        }
    }

    @Override
    public String toString() {
        return "Block[" + shape() + (memory.closed() ? ", closed" : "") + "]";
    }
}
