package dev.zstar.solvers.cells.program;

import dev.zstar.kernels.Block;

/** The blocks of all registers for one number of active rows. */
public final class Frame {
    private final int count;
    private final Block[] blocks;
    private final double[][] numbers;

    Frame(int count, Block[] blocks, double[][] numbers) {
        this.count = count;
        this.blocks = blocks;
        this.numbers = numbers;
    }

    /** The number of active rows. */
    public int count() {
        return count;
    }

    /** The block of a register, {@code count · rows × cols}. */
    public Block block(Register r) {
        return blocks[r.index()];
    }

    /** The block of a register that is not the caller's: the same in every run, so that a step may hold it. */
    public Block fixed(Register r) {
        if (r.role() == Register.Role.EXTERNAL) {
            throw new IllegalStateException("the register " + r + " is the caller's block, expected one of the memory");
        }
        return block(r);
    }

    /** The array of a register. Row p of the batch starts at {@code p · cols}. */
    public double[] numbers(Register r) {
        return numbers[r.index()];
    }

    /** Gives an external register its block. */
    public void set(Register r, Block block) {
        blocks[r.index()] = block;
    }
}
