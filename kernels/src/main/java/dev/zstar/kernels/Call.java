package dev.zstar.kernels;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A thread inside an engine, for engines. Every public method that turns a block into an address does so between {@link #enter} and
 * {@link #leave}: a block that another thread closes meanwhile is freed only after the call. And what kernels use again from call to call
 * ({@link Kept}) belongs to a call, not to a thread.
 *
 * <p>A platform thread has one call for good. A virtual thread borrows one from a pool of a few while it is inside: a million virtual
 * threads leave nothing behind.
 *
 * <p>Entering is a store that no fence follows. Who closes a block pays for both sides: it makes every thread pass a handshake
 * ({@link #inside}), after which a thread has either been seen inside or sees that the block is closed.
 */
public final class Call {
    private static final VarHandle TURN;
    private static final ThreadLocal<Seat> SEATS = ThreadLocal.withInitial(Seat::new);
    /** Calls that no virtual thread is using. At most as many as run at once are worth keeping. */
    private static final AtomicReferenceArray<Call> POOL = new AtomicReferenceArray<>(Math.max(8, 2 * Engines.processors()));

    private static final Set<Known> ALL = ConcurrentHashMap.newKeySet();
    private static final ReferenceQueue<Call> GONE = new ReferenceQueue<>();

    static {
        try {
            TURN = MethodHandles.lookup().findVarHandle(Call.class, "turn", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Goes up by one where a thread enters and where it leaves: odd while it is inside. */
    private long turn;
    /** How many engines deep: one engine may hand a call on to another. */
    private int depth;
    /** The virtual thread's place, from which this is borrowed; null for a platform thread's own. */
    private Seat borrower;
    /** By {@link Kept#index}. */
    Object[] kept = new Object[32];

    /** What a thread has for good. */
    private static final class Seat {
        private final boolean virtual = Thread.currentThread().isVirtual();
        private Call call = virtual ? null : new Call();
    }

    private static final class Known extends WeakReference<Call> {
        Known(Call call) {
            super(call, GONE);
        }
    }

    /** A thread that was inside, and the turn it was in. */
    record Inside(Call call, long turn) {
        /** Whether it has not left since. */
        boolean still() {
            return (long) TURN.getAcquire(call) == turn;
        }
    }

    private Call() {
        for (var gone = GONE.poll(); gone != null; gone = GONE.poll()) {
            ALL.remove(gone);
        }
        ALL.add(new Known(this));
    }

    /** This thread is inside an engine until it {@linkplain #leave leaves}. */
    public static Call enter() {
        Seat seat = SEATS.get();
        Call call = seat.call;
        if (call == null) {
            call = borrow(seat);
        }
        if (call.depth++ == 0) {
            // Opaque, so that the compiler keeps it before the checks whether operands are open.
            TURN.setOpaque(call, call.turn + 1);
        }
        return call;
    }

    /** Ends what {@link #enter} began: to be called in a {@code finally}. */
    public void leave() {
        if (--depth == 0) {
            TURN.setRelease(this, turn + 1);
            if (borrower != null) {
                giveBack();
            }
            if (Reclamation.waiting) {
                Reclamation.sweep();
            }
        }
    }

    /** This thread's call; null on a virtual thread that is not inside. */
    static Call current() {
        return SEATS.get().call;
    }

    private static Call borrow(Seat seat) {
        int start = start();
        Call call = null;
        for (int i = 0; i < POOL.length() && call == null; i++) {
            call = POOL.getAndSet((start + i) % POOL.length(), null);
        }
        if (call == null) {
            call = new Call();
        }
        call.borrower = seat;
        seat.call = call;
        return call;
    }

    private void giveBack() {
        borrower.call = null;
        borrower = null;
        int start = start();
        for (int i = 0; i < POOL.length(); i++) {
            if (POOL.compareAndSet((start + i) % POOL.length(), null, this)) {
                return;
            }
        }
    }

    private static int start() {
        return (int) (Thread.currentThread().threadId() % POOL.length());
    }

    /** The threads that may have entered before this was called, and are inside. */
    static List<Inside> inside() {
        // Closing a shared arena takes every thread through a handshake: what they stored before is seen here, and what was stored here is seen by them after.
        Arena.ofShared().close();
        List<Inside> inside = new ArrayList<>();
        for (Known known : ALL) {
            Call call = known.get();
            if (call != null) {
                long turn = (long) TURN.getAcquire(call);
                if ((turn & 1) != 0) {
                    inside.add(new Inside(call, turn));
                }
            }
        }
        return inside;
    }
}
