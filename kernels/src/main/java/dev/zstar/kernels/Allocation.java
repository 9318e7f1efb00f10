package dev.zstar.kernels;

import java.util.ArrayList;
import java.util.List;

/**
 * For authors of engines and solvers: the resources that a constructor has allocated so far. If the constructor ends before it calls
 * {@link #keep}, all of them are closed in reverse order:
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

    /** Creates an empty list of resources. */
    public Allocation() {}

    /** Adds a resource, and returns it. It will be closed unless {@link #keep} is called. */
    public <T extends AutoCloseable> T add(T resource) {
        owned.add(resource);
        return resource;
    }

    /** Hands all resources over to the object that was constructed. */
    public void keep() {
        owned.clear();
    }

    /** Closes all resources that were not kept. */
    @Override
    public void close() {
        for (AutoCloseable resource : owned.reversed()) {
            try {
                resource.close();
            } catch (Exception e) {
                throw new IllegalStateException("a resource of a constructor that failed could not be closed", e);
            }
        }
    }
}
