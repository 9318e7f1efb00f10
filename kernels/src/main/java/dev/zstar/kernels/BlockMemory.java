package dev.zstar.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory of a block and of its views. Does not refer to the block: it runs as the block's cleaning action, once the block is
 * unreachable.
 */
final class BlockMemory implements Runnable {
    /** Frames of the user in the log. */
    private static final int FRAMES = 12;
    private static final String LIBRARY = "dev.zstar.";
    private static final AtomicLong LIVE = new AtomicLong();
    private static final AtomicLong LOST = new AtomicLong();

    final MemorySegment segment;
    private final Arena arena;
    private final long bytes;
    private final String shape;
    /** Whether this is scratch memory of an engine, which is neither counted as live nor reported as lost. */
    private final boolean scratch;
    /** Where it was allocated, if assertions are on. */
    private final Throwable where;
    private final AtomicBoolean closing = new AtomicBoolean();
    /** Read by every call. Not volatile: {@link CallScope} makes it visible in time. */
    private boolean closed;

    /** Memory of {@code bytes} zeros. */
    BlockMemory(long bytes, String shape, boolean scratch) {
        Budget.take(bytes, shape);
        Arena fresh = Arena.ofShared();
        try {
            // One more cache line may be read: kernels that widen half vectors load half a vector beyond the last row.
            segment = fresh.allocate(bytes + BlockLayout.LINE, BlockLayout.LINE).asSlice(0, bytes);
        } catch (OutOfMemoryError e) {
            fresh.close();
            Budget.giveBack(bytes);
            throw Budget.refused(bytes, shape, "the system refused: " + e.getMessage());
        }
        this.arena = fresh;
        this.bytes = bytes;
        this.shape = shape;
        this.scratch = scratch;
        Throwable here = null;
        assert (here = new Throwable("allocated here")) != null;
        where = here;
        if (!scratch) {
            LIVE.addAndGet(bytes);
        }
    }

    static long live() {
        return LIVE.get();
    }

    static long lost() {
        return LOST.get();
    }

    boolean closed() {
        return closed;
    }

    /** Frees the memory. Returns whether this call was the first to do so. */
    boolean close() {
        if (!closing.compareAndSet(false, true)) {
            return false;
        }
        closed = true;
        if (!scratch) {
            LIVE.addAndGet(-bytes);
        }
        Reclamation.free(arena, bytes);
        return true;
    }

    /**
     * The frames that say where a block was allocated: the last frame of the library before the first one that belongs neither to it nor to
     * the JDK, then that frame and those after it. Without such a frame, the first ones.
     */
    static StackTraceElement[] shown(StackTraceElement[] frames) {
        int foreign = 0;
        while (foreign < frames.length && !isForeign(frames[foreign].getClassName())) {
            foreign++;
        }
        if (foreign == frames.length) {
            return Arrays.copyOf(frames, Math.min(FRAMES, frames.length));
        }
        int entry = foreign;
        while (entry > 0 && !frames[entry].getClassName().startsWith(LIBRARY)) {
            entry--;
        }
        return Arrays.copyOfRange(frames, entry, Math.min(foreign + FRAMES, frames.length));
    }

    private static boolean isForeign(String className) {
        return !className.startsWith(LIBRARY) && !className.startsWith("java.") && !className.startsWith("jdk.");
    }

    /** The block is unreachable, and was not closed. */
    @Override
    public void run() {
        if (close() && !scratch) {
            long lost = LOST.incrementAndGet();
            System.Logger logger = System.getLogger(Block.class.getPackageName());
            String sentence = "a block of " + shape + " was never closed; its " + bytes + " bytes were freed by the garbage collector";
            if (where != null) {
                where.setStackTrace(shown(where.getStackTrace()));
                logger.log(System.Logger.Level.WARNING, sentence, where);
            } else if (lost == 1) {
                logger.log(System.Logger.Level.WARNING,
                        sentence + ". Run with assertions on (java -ea) to log where each such block was allocated");
            }
        }
    }
}
