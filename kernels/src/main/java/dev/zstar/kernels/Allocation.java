package dev.zstar.kernels;

import java.util.ArrayList;
import java.util.List;

/**
 * What a constructor has allocated so far. If the constructor ends before it says {@link #keep}, all of it is closed, the last first:
 * <pre>{@code
 * try (Allocation allocation = new Allocation()) {
 *     a = allocation.add(Block.allocate(type, rows, cols));
 *     b = allocation.add(engine.pack(w));
 *     allocation.keep();
 * }
 * }</pre>
 */
public final class Allocation implements AutoCloseable {
    private final List<AutoCloseable> owned = new ArrayList<>();

    /** Of nothing yet. */
    public Allocation() {}

    /** Takes charge of {@code resource} until {@link #keep}, and returns it. */
    public <T extends AutoCloseable> T add(T resource) {
        owned.add(resource);
        return resource;
    }

    /** Leaves everything to the object that was constructed. */
    public void keep() {
        owned.clear();
    }

    /** Closes what was not kept. */
    @Override
    public void close() {
        for (AutoCloseable resource : owned.reversed()) {
            try {
                resource.close();
            } catch (Exception e) {
                throw new IllegalStateException("what was allocated could not be given back", e);
            }
        }
    }
}
