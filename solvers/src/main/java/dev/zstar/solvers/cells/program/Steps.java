package dev.zstar.solvers.cells.program;

import java.util.ArrayList;
import java.util.List;

/** Collects the instructions of one program, in the order in which they run. */
public final class Steps {
    private final Memory memory;
    private final List<Instruction> instructions = new ArrayList<>();

    /** Starts an empty program. */
    public Steps(Memory memory) {
        this.memory = memory;
    }

    /** A new register for a block. */
    public Register block(String name, int rows, int cols) {
        return memory.register(name, rows, cols, false, Register.Role.TEMPORARY);
    }

    /** A new register of the shape of another. */
    public Register like(String name, Register shape) {
        return block(name, shape.rows(), shape.cols());
    }

    /** A new register for {@code count} f64 numbers a row. */
    public Register numbers(String name, int count) {
        return memory.register(name, 1, count, true, Register.Role.TEMPORARY);
    }

    /** Adds an instruction. */
    public void add(String name, List<Register> reads, List<Register> writes, Binding binding) {
        add(name, reads, writes, false, binding);
    }

    /** Adds an instruction that may write its result over one of {@code inPlace}, which it reads, too. */
    public void add(String name, List<Register> reads, Register write, List<Register> inPlace, Binding binding) {
        instructions.add(new Instruction(name, List.copyOf(reads), List.of(write), List.copyOf(inPlace), false, null, binding));
    }

    /**
     * Adds an instruction that reads something besides registers.
     *
     * @param packing makes that, if it does not exist yet, such as a packed transposed matrix
     */
    public void add(String name, List<Register> reads, List<Register> writes, Runnable packing, Binding binding) {
        instructions.add(new Instruction(name, List.copyOf(reads), List.copyOf(writes), List.of(), false, packing, binding));
    }

    /** Adds an instruction that does something besides writing registers. */
    public void effect(String name, List<Register> reads, Binding binding) {
        add(name, reads, List.of(), true, binding);
    }

    /**
     * Adds an instruction.
     *
     * @param effect whether it does something besides writing registers, so that it is never left out
     */
    public void add(String name, List<Register> reads, List<Register> writes, boolean effect, Binding binding) {
        instructions.add(new Instruction(name, List.copyOf(reads), List.copyOf(writes), List.of(), effect, null, binding));
    }

    /** The memory of the registers. */
    public Memory memory() {
        return memory;
    }

    List<Instruction> instructions() {
        return instructions;
    }
}
