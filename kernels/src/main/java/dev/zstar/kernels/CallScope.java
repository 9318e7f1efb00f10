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
 * For authors of engines: marks that a thread is inside an engine. Every public method that turns a block into an address does so between
 * {@link #enter} and {@link #close}. A block that another thread closes in the meantime is freed only after the call. Objects that
 * kernels reuse ({@link CallLocal}) belong to a scope, not to a thread.
 *
 * <p>A platform thread keeps one scope. A virtual thread borrows one from a small pool while it is inside, so even a million virtual
 * threads leave no memory behind.
 *
 * <p>This is reclamation by epochs with an asymmetric fence. Entering is a store without a fence. The thread that closes a block takes
 * every other thread through a handshake ({@link #inside}). After it, a thread either was seen inside or sees that the block is closed.
 */
public final class CallScope implements AutoCloseable {
    private static final VarHandle EPOCH;
    private static final ThreadLocal<Holder> HOLDERS = ThreadLocal.withInitial(Holder::new);
    /** Scopes by thread number: a faster look-up than a thread-local. */
    private static final CallScope[] TABLE = new CallScope[64];
    /** Scopes that no virtual thread is using: at most twice as many as there are processors, and at least 8. */
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

    /** Incremented when the thread enters and when it leaves: odd while it is inside. */
    private long epoch;
    /** The depth of nested calls: an engine may call another. */
    private int depth;
    /** The number of the thread, which is never reused; 0 while this is in the pool. */
    private long owner;
    /** The holder of the virtual thread that borrowed this, or null. */
    private Holder borrower;
    /** The values of locals, by {@link CallLocal#index}. */
    Object[] locals = new Object[32];

    /** Holds the scope of a thread whose slot in the table is taken by another thread. A virtual thread keeps nothing else. */
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
        /** Whether it has not left since then. */
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

    /** Marks this thread as inside an engine until the scope is {@linkplain #close closed}. */
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
            // Opaque: the compiler must not move the store after the checks that operands are open.
            EPOCH.setOpaque(call, epoch + 1);
        }
        return call;
    }

    /** Ends the scope that {@link #enter} began. */
    @Override
    public void close() {
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

    /** The scope of this thread; null on a virtual thread that is not inside. */
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
        // Closing a shared arena takes every thread through a handshake. What they stored before the handshake is visible here, and what
        // was stored here is visible to them after it.
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
