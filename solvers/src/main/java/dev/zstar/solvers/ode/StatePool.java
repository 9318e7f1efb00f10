package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Vectors for as many steps as rows turn out to take. A slot holds a few vectors. Memory grows in chunks, and is kept for later solves, so
 * a solve that is not longer than an earlier one allocates nothing.
 */
final class StatePool implements AutoCloseable {
    /** Slots of a chunk. */
    private static final int CHUNK = 64;
    private final Engine engine;
    private final Type type;
    private final int n;
    private final int width;
    private final List<Block> chunks = new ArrayList<>();
    /** Released slots, a stack. */
    private int[] free = {};
    private int released;
    private int used;

    /** @param width the vectors of a slot */
    StatePool(Engine engine, Type type, int n, int width) {
        this.engine = engine;
        this.type = type;
        this.n = n;
        this.width = width;
    }

    /** Releases every slot. */
    void clear() {
        used = 0;
        released = 0;
    }

    /** A slot that nobody holds. */
    int acquire() {
        if (released > 0) {
            return free[--released];
        }
        if (used == chunks.size() * CHUNK) {
            chunks.add(engine.allocate(type, CHUNK * width, n));
        }
        return used++;
    }

    /** Gives a slot back. */
    void release(int slot) {
        if (released == free.length) {
            free = Arrays.copyOf(free, Math.max(CHUNK, 2 * released));
        }
        free[released++] = slot;
    }

    /** Sets a vector of a slot from a row of a block. */
    void put(int slot, int vector, Block from, int row) {
        chunks.get(slot / CHUNK).copyRow(from, row, slot % CHUNK * width + vector);
    }

    /** Copies a vector of a slot to a row of a block. */
    void copy(int slot, int vector, Block to, int row) {
        to.copyRow(chunks.get(slot / CHUNK), slot % CHUNK * width + vector, row);
    }

    /** The bytes of all chunks. */
    long bytes() {
        long sum = 0;
        for (Block chunk : chunks) {
            sum += chunk.bytes();
        }
        return sum;
    }

    @Override
    public void close() {
        chunks.forEach(Block::close);
    }
}
