package dev.zstar.solvers.implicit;

import java.util.Locale;

/**
 * The bytes that a layer holds outside the heap: {@code shared + separate}, as {@link EquilibriumLayer#bytes} says.
 *
 * @param forward what the forward pass uses of the shared memory; 0 if the caller planned the forward solver, which then has its own
 * @param backward what the backward pass uses of the shared memory
 * @param shared the shared memory: the larger of the two, with room for packed rows
 * @param separate everything else: what outlives a solve, such as the states of an unrolled network, and solvers with memory of their own
 * @param map {@link dev.zstar.solvers.EquilibriumMap#bytes} of the map with its linearisation, which is not the layer's
 * @param block the bytes of one block of {@code batch × n}
 */
public record LayerMemory(long forward, long backward, long shared, long separate, long map, long block) {
    /** The bytes of the layer, without the map. */
    public long bytes() {
        return shared + separate;
    }

    /** The same in blocks of {@code batch × n}. */
    public double blocks() {
        return (double) bytes() / block;
    }

    /** Such as {@code 27 blocks: 25 forward and 27 backward share 27, 0 are separate; the map holds 1234 bytes}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s blocks of %d bytes: %s forward and %s backward share %s, %s are separate; the map holds %d "
                + "bytes", inBlocks(bytes()), block, inBlocks(forward), inBlocks(backward), inBlocks(shared), inBlocks(separate), map);
    }

    private String inBlocks(long bytes) {
        return bytes % block == 0 ? Long.toString(bytes / block) : String.format(Locale.ROOT, "%.1f", (double) bytes / block);
    }
}
