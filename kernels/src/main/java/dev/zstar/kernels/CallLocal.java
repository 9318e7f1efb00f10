package dev.zstar.kernels;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * What a kernel uses again from call to call, made when it is first asked for: scratch memory, the description of a call. For engines; a
 * constant of a class, as each has a place in every {@link CallScope}.
 *
 * @param <T> what it is
 */
public final class CallLocal<T> {
    private static final AtomicInteger COUNT = new AtomicInteger();

    final int index = COUNT.getAndIncrement();
    private final Supplier<T> make;

    /** Made by {@code make}. */
    public CallLocal(Supplier<T> make) {
        this.make = make;
    }

    /** That of the call that this thread is in. Outside of any, a virtual thread gets one that is not locals. */
    public T get() {
        CallScope call = CallScope.current();
        return call == null ? make.get() : of(call);
    }

    /** That of {@code call}. */
    @SuppressWarnings("unchecked")
    public T of(CallScope call) {
        Object[] locals = call.locals;
        Object own = index < locals.length ? locals[index] : null;
        return own == null ? put(call, make.get()) : (T) own;
    }

    private T put(CallScope call, T own) {
        if (index >= call.locals.length) {
            call.locals = Arrays.copyOf(call.locals, 2 * index);
        }
        call.locals[index] = own;
        return own;
    }
}
