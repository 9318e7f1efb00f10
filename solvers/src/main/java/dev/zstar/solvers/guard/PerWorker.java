package dev.zstar.solvers.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * What each worker has for itself, such as its replica of a map, made at first use.
 *
 * @param <R> the type of what a worker has
 */
public final class PerWorker<R> {
    private final IntFunction<R> make;
    private final List<Own<R>> all = new ArrayList<>();

    private record Own<R>(R value, int slots) {}

    /** @param make makes one for a number of slots */
    public PerWorker(IntFunction<R> make) {
        this.make = make;
    }

    /** That of a worker, with at least this many slots. The same object in later calls with as many slots or fewer. */
    public synchronized R get(int worker, int slots) {
        while (all.size() <= worker) {
            all.add(null);
        }
        if (all.get(worker) == null || all.get(worker).slots < slots) {
            all.set(worker, new Own<>(make.apply(slots), slots));
        }
        return all.get(worker).value;
    }
}
