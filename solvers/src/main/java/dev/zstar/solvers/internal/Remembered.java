package dev.zstar.solvers.internal;

import java.util.function.Function;

/**
 * What was made for the last key, such as the replicas of a map. Asked again for the same key, it allocates nothing.
 *
 * @param <K> the type of the keys
 * @param <V> the type of what is made
 */
public final class Remembered<K, V> {
    private final Function<K, V> make;
    private K key;
    private V value;

    /** @param make makes a value for a key. It may return null; then it is asked again */
    public Remembered(Function<K, V> make) {
        this.make = make;
    }

    /** The value for this key. */
    public V of(K key) {
        if (value == null || !key.equals(this.key)) {
            value = make.apply(key);
            this.key = key;
        }
        return value;
    }
}
