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
 * @param binding what it does
 */
record Instruction(String name, List<Register> reads, List<Register> writes, List<Register> inPlace, boolean effect, Binding binding) {}
