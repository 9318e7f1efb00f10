package dev.zstar.kernels.simd.lanes;

import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.CallScope;
import dev.zstar.kernels.Team;

/**
 * One call of a part of the engine, as pieces that workers run. Each call scope has one and reuses it, so that no call allocates. It is
 * entered when the call begins, and closed when it ends.
 */
public abstract class CallJob implements Team.Loop, AutoCloseable {
    /** The call scope that this belongs to; never changes. */
    private CallScope call;

    /** Enters a call scope and returns its job. */
    protected static <J extends CallJob> J enter(CallLocal<J> jobs) {
        CallScope call = CallScope.enter();
        J job = jobs.of(call);
        CallJob own = job;
        if (own.call == null) {
            own.call = call;
        }
        return job;
    }

    /** Clears the operands, so that none is kept reachable, and so that the next call does not see those of a failed call. */
    protected abstract void clear();

    @Override
    public final void close() {
        clear();
        call.close();
    }
}
