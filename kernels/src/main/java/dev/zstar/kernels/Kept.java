package dev.zstar.kernels;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * What a kernel uses again from call to call, made when it is first asked for: scratch memory, the description of a call. For engines; a
 * constant of a class, as each has a place in every {@link Call}.
 *
 * @param <T> what it is
 */
public final class Kept<T> {
    private static final AtomicInteger COUNT = new AtomicInteger();

    final int index = COUNT.getAndIncrement();
    private final Supplier<T> make;

    /** Made by {@code make}. */
    public Kept(Supplier<T> make) {
        this.make = make;
    }

    /** That of the call that this thread is in. Outside of any, a virtual thread gets one that is not kept. */
    public T get() {
        Call call = Call.current();
        return call == null ? make.get() : of(call);
    }

    /** That of {@code call}. */
    @SuppressWarnings("unchecked")
    public T of(Call call) {
        Object[] kept = call.kept;
        Object own = index < kept.length ? kept[index] : null;
        return own == null ? put(call, make.get()) : (T) own;
    }

    private T put(Call call, T own) {
        if (index >= call.kept.length) {
            call.kept = Arrays.copyOf(call.kept, 2 * index);
        }
        call.kept[index] = own;
        return own;
    }
}
