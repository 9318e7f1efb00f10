package dev.zstar.kernels;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory of closed blocks. If no thread is inside an engine, it is freed at once. Otherwise the next thread that leaves a call, closes
 * a block or allocates frees it, once all threads that were inside at the time of closing have left. No thread waits.
 */
final class Reclamation {
    private static final AtomicLong HELD = new AtomicLong();
    private static final List<Closed> CLOSED = new ArrayList<>();
    /** Whether some memory could not be freed yet. A thread that leaves a call checks this, and frees what it can. */
    static volatile boolean waiting;

    private record Closed(Arena arena, long bytes, List<CallScope.Inside> inside) {}

    private Reclamation() {}

    /** The bytes of all memory that is not freed yet, including that of closed blocks. */
    static AtomicLong held() {
        return HELD;
    }

    /** Frees the memory as soon as no call can use it. The block must refuse new calls before this. */
    static void free(Arena arena, long bytes) {
        Closed closed = new Closed(arena, bytes, CallScope.inside());
        if (!freed(closed)) {
            synchronized (CLOSED) {
                CLOSED.add(closed);
                waiting = true;
            }
        }
        sweep();
    }

    /** Frees the memory that no call uses any more. */
    static void sweep() {
        if (!waiting) {
            return;
        }
        synchronized (CLOSED) {
            for (Iterator<Closed> all = CLOSED.iterator(); all.hasNext(); ) {
                if (freed(all.next())) {
                    all.remove();
                }
            }
            waiting = !CLOSED.isEmpty();
        }
    }

    private static boolean freed(Closed closed) {
        for (CallScope.Inside inside : closed.inside()) {
            if (inside.still()) {
                return false;
            }
        }
        try {
            closed.arena().close();
        } catch (IllegalStateException e) {
            // A native function still uses the segment.
            return false;
        }
        HELD.addAndGet(-closed.bytes());
        return true;
    }
}
