package dev.zstar.solvers.guard;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Refuses a second call while one runs, in another thread or further up the stack. For an object whose memory serves one call at a time:
 * two would overwrite each other's values without a word. About 5 ns for each call.
 */
public final class OneCaller {
    private final String owner;
    private final AtomicBoolean busy = new AtomicBoolean();

    /** @param owner what is called, for messages, such as "map" */
    public OneCaller(String owner) {
        this.owner = owner;
    }

    /** Begins a call, which ends with {@link #leave} in a {@code finally}. Throws if another one runs. */
    public void enter(String operation) {
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException(operation + ": this " + owner + " is already being evaluated, in another thread or further up"
                    + " this thread's stack, expected a " + owner + " of its own for each evaluation that runs");
        }
    }

    /** Ends the call. */
    public void leave() {
        busy.set(false);
    }
}
