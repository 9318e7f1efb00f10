package dev.zstar.solvers.guard;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * The memory that an object holds outside the heap. All of it is allocated, counted and closed in one place, so a constructor that fails
 * halfway can free everything:
 *
 * <pre>{@code
 * memory = new OwnedMemory(engine);
 * try {
 *     w = memory.pack(matrix);
 *     z = memory.block(type, batch, n);
 * } catch (Throwable e) {
 *     memory.close();
 *     throw e;
 * }
 * }</pre>
 */
public final class OwnedMemory implements AutoCloseable {
    private final Engine engine;
    private final List<Part<?>> parts = new ArrayList<>();

    private record Part<T>(T what, Consumer<? super T> closer, ToLongFunction<? super T> counter) {
        void close() {
            closer.accept(what);
        }

        long bytes() {
            return counter.applyAsLong(what);
        }
    }

    /** Creates an owner that holds nothing yet. */
    public OwnedMemory(Engine engine) {
        this.engine = engine;
    }

    /** Allocates a block of zeros, with its views of the first rows, so that no later call has to allocate a view. */
    public Block block(Type type, int rows, int cols) {
        return add(engine.allocate(type, rows, cols), Block::close, Block::bytes).withHeads();
    }

    /** Packs weights in the layout of the engine. */
    public Weights pack(Block w) {
        return pack(w, Format.FULL);
    }

    /** Packs weights in this format. */
    public Weights pack(Block w, Format format) {
        return add(engine.pack(w, format), Weights::close, Weights::bytes);
    }

    /** Takes ownership of an object allocated elsewhere, given how to close it and how to count its bytes. */
    public <T> T add(T what, Consumer<? super T> close, ToLongFunction<? super T> bytes) {
        parts.add(new Part<>(what, close, bytes));
        return what;
    }

    /** Closes one part before the others. Does nothing if this owner does not hold it. */
    public void release(Object what) {
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i).what().equals(what)) {
                parts.remove(i).close();
                return;
            }
        }
    }

    /** The bytes of all parts. */
    public long bytes() {
        long sum = 0;
        for (Part<?> part : parts) {
            sum += part.bytes();
        }
        return sum;
    }

    /** Closes all parts in reverse order. Closing twice does nothing. */
    @Override
    public void close() {
        while (!parts.isEmpty()) {
            parts.removeLast().close();
        }
    }
}
