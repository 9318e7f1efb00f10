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
 * ({@link CallLocal}) belongs to a call, not to a thread.
 *
 * <p>A platform thread has one call for good. A virtual thread borrows one from a pool of a few while it is inside: a million virtual
 * threads leave nothing behind.
 *
 * <p>Entering is a store that no fence follows. Who closes a block pays for both sides: it makes every thread pass a handshake
 * ({@link #inside}), after which a thread has either been seen inside or sees that the block is closed.
 */
public final class CallScope {
    private static final VarHandle EPOCH;
    private static final ThreadLocal<Holder> HOLDERS = ThreadLocal.withInitial(Holder::new);
    /** Where a thread looks first, by its number: faster than a thread-local. */
    private static final CallScope[] TABLE = new CallScope[64];
    /** Calls that no virtual thread is using. At most as many as run at once are worth keeping. */
    private static final AtomicReferenceArray<CallScope> POOL = new AtomicReferenceArray<>(Math.max(8, 2 * Engines.processors()));

    private static final Set<Registered> ALL = ConcurrentHashMap.newKeySet();
    private static final ReferenceQueue<CallScope> GONE = new ReferenceQueue<>();

    static {
        try {
            EPOCH = MethodHandles.lookup().findVarHandle(CallScope.class, "epoch", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Goes up by one where a thread enters and where it leaves: odd while it is inside. */
    private long epoch;
    /** How many calls more this thread is inside: one engine may hand a call on to another. */
    private int depth;
    /** The thread's number, which no other thread ever gets; 0 while this is in the pool. */
    private long owner;
    /** Of the virtual thread that has borrowed this; else null. */
    private Holder borrower;
    /** By {@link CallLocal#index}. */
    Object[] locals = new Object[32];

    /** Where a thread finds its call if others of its number's kind took the near place. All that a virtual thread keeps. */
    private static final class Holder {
        private CallScope call;
    }

    private static final class Registered extends WeakReference<CallScope> {
        Registered(CallScope call) {
            super(call, GONE);
        }
    }

    /** A thread that was inside, and the epoch it was in. */
    record Inside(CallScope call, long epoch) {
        /** Whether it has not left since. */
        boolean still() {
            return (long) EPOCH.getAcquire(call) == epoch;
        }
    }

    private CallScope() {
        for (var gone = GONE.poll(); gone != null; gone = GONE.poll()) {
            ALL.remove(gone);
        }
        ALL.add(new Registered(this));
    }

    /** This thread is inside an engine until it {@linkplain #leave leaves}. */
    public static CallScope enter() {
        Thread thread = Thread.currentThread();
        long id = thread.threadId();
        CallScope call = TABLE[(int) id & TABLE.length - 1];
        if (call == null || call.owner != id) {
            call = lookUp(thread, id);
        }
        long epoch = call.epoch;
        if ((epoch & 1) != 0) {
            call.depth++;
        } else {
            // Opaque, so that the compiler keeps it before the checks whether operands are open.
            EPOCH.setOpaque(call, epoch + 1);
        }
        return call;
    }

    /** Ends what {@link #enter} began: to be called in a {@code finally}. */
    public void leave() {
        if (depth != 0) {
            depth--;
            return;
        }
        EPOCH.setRelease(this, epoch + 1);
        if (borrower != null) {
            giveBack();
        }
        if (Reclamation.waiting) {
            Reclamation.sweep();
        }
    }

    /** This thread's call; null on a virtual thread that is not inside. */
    static CallScope current() {
        Thread thread = Thread.currentThread();
        long id = thread.threadId();
        CallScope call = TABLE[(int) id & TABLE.length - 1];
        if (call != null && call.owner == id) {
            return call;
        }
        return thread.isVirtual() ? HOLDERS.get().call : lookUp(thread, id);
    }

    private static CallScope lookUp(Thread thread, long id) {
        Holder holder = HOLDERS.get();
        if (holder.call == null) {
            holder.call = thread.isVirtual() ? borrowed(holder) : new CallScope();
        }
        holder.call.owner = id;
        TABLE[(int) id & TABLE.length - 1] = holder.call;
        return holder.call;
    }

    private static CallScope borrowed(Holder holder) {
        CallScope call = null;
        for (int i = 0; i < POOL.length() && call == null; i++) {
            call = POOL.getAndSet((start() + i) % POOL.length(), null);
        }
        if (call == null) {
            call = new CallScope();
        }
        call.borrower = holder;
        return call;
    }

    private void giveBack() {
        borrower.call = null;
        borrower = null;
        owner = 0;
        for (int i = 0; i < POOL.length(); i++) {
            if (POOL.compareAndSet((start() + i) % POOL.length(), null, this)) {
                return;
            }
        }
    }

    private static int start() {
        return (int) (Thread.currentThread().threadId() % POOL.length());
    }

    /** The threads that may have entered before this was called, and are inside. */
    static List<Inside> inside() {
        // Closing a shared arena takes every thread through a handshake: what they stored before it is seen here, and what was stored here
        // is seen by them after it.
        Arena.ofShared().close();
        List<Inside> inside = new ArrayList<>();
        for (Registered registered : ALL) {
            CallScope call = registered.get();
            if (call != null) {
                long epoch = (long) EPOCH.getAcquire(call);
                if ((epoch & 1) != 0) {
                    inside.add(new Inside(call, epoch));
                }
            }
        }
        return inside;
    }
}
