package dev.zstar.solvers.cells.program;

import java.util.List;

/**
 * One instruction.
 *
 * @param name for the table of the memory
 * @param reads what it reads
 * @param writes what it writes
 * @param inPlace those of {@code reads} whose memory {@code writes[0]} may take over
 * @param effect whether it does something besides writing registers, so that it must not be left out
 * @param packing makes what the instruction reads besides registers, if that does not exist yet; null for nothing
 * @param binding what it does
 */
record Instruction(String name, List<Register> reads, List<Register> writes, List<Register> inPlace, boolean effect, Runnable packing,
        Binding binding) {}
