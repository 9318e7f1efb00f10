package dev.zstar.kernels;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * For authors of engines: one value per {@link CallScope}, created at first use, such as scratch memory or the description of a call.
 * Keep each instance in a static constant, because it occupies a slot in every scope.
 *
 * @param <T> the type of the value
 */
public final class CallLocal<T> {
    private static final AtomicInteger COUNT = new AtomicInteger();

    final int index = COUNT.getAndIncrement();
    private final Supplier<T> make;

    /** Creates a local whose values are made by {@code make}. */
    public CallLocal(Supplier<T> make) {
        this.make = make;
    }

    /** The value of this thread's scope. A virtual thread outside a call gets a new value each time. */
    public T get() {
        CallScope call = CallScope.current();
        return call == null ? make.get() : of(call);
    }

    /** The value of a scope. */
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
