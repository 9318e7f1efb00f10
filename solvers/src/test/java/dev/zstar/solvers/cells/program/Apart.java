package dev.zstar.solvers.cells.program;

import dev.zstar.kernels.Block;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Holds the memory of programs to what it would be without sharing. */
public final class Apart {
    private Apart() {}

    /**
     * What is wrong with the memory of a program: a value that is overwritten before its last reader, and what an instruction writes over
     * without permission. Follows each block through all instructions.
     */
    @SuppressWarnings("ReferenceEquality") // Registers and blocks are compared as objects.
    public static List<String> faults(Memory memory, Program program) {
        List<String> faults = new ArrayList<>();
        // Whose value a block holds.
        Map<Block, Register> holds = new HashMap<>();
        for (Register r : registers(program)) {
            if (r.role() == Register.Role.STORED && !r.isNumbers() && holds.put(memory.whole(r), r) != null) {
                faults.add("two stored registers have one block, the second is " + r);
            }
        }
        Set<Register> written = new LinkedHashSet<>();
        for (Instruction i : program.instructions()) {
            for (Register r : i.reads()) {
                boolean isThere = r.role() != Register.Role.TEMPORARY || written.contains(r);
                if (!isThere || isBlock(r) && holds.get(memory.whole(r)) != r) {
                    faults.add(i.name() + " reads " + r + ", which " + (isThere ? "has been overwritten" : "has not been written"));
                }
            }
            Set<Block> taken = new LinkedHashSet<>();
            for (Register w : i.writes()) {
                if (!written.add(w)) {
                    faults.add(i.name() + " writes " + w + " a second time");
                }
                if (!isBlock(w)) {
                    continue;
                }
                Block block = memory.whole(w);
                if (!taken.add(block)) {
                    faults.add(i.name() + " writes " + w + " over another of its results");
                }
                for (Register r : i.reads()) {
                    boolean isPermitted = i.inPlace().contains(r) && w == i.writes().getFirst();
                    if (isBlock(r) && memory.whole(r) == block && !isPermitted) {
                        faults.add(i.name() + " writes " + w + " over " + r + ", which it reads");
                    }
                }
                holds.put(block, w);
            }
        }
        return faults;
    }

    private static boolean isBlock(Register r) {
        return !r.isNumbers() && r.role() != Register.Role.EXTERNAL;
    }

    private static Set<Register> registers(Program program) {
        Set<Register> registers = new LinkedHashSet<>();
        for (Instruction i : program.instructions()) {
            registers.addAll(i.reads());
            registers.addAll(i.writes());
        }
        return registers;
    }

    /**
     * A frame in which each temporary register has memory of its own, full of NaN.
     *
     * @param owned gets these blocks, which the caller closes
     */
    public static Frame frame(Memory memory, Program program, int count, List<Block> owned) {
        // The next index is above all others.
        int size = memory.external("end", 1, 1).index();
        Block[] blocks = new Block[size];
        double[][] numbers = new double[size][];
        for (Register r : registers(program)) {
            boolean isStored = r.role() == Register.Role.STORED;
            if (r.isNumbers()) {
                numbers[r.index()] = isStored ? memory.wholeNumbers(r) : new double[count * r.cols()];
                if (!isStored) {
                    Arrays.fill(numbers[r.index()], Double.NaN);
                }
            } else if (isStored) {
                blocks[r.index()] = memory.whole(r).head(count * r.rows());
            } else if (r.role() == Register.Role.TEMPORARY) {
                Block block = Block.allocate(memory.type(), count * r.rows(), r.cols());
                block.fill(Double.NaN);
                owned.add(block);
                blocks[r.index()] = block;
            }
        }
        return new Frame(count, blocks, numbers);
    }

    /** Runs the instructions on the blocks of such a frame. */
    public static void run(Program program, Frame frame) {
        for (Instruction i : program.instructions()) {
            i.binding().bind(frame).run();
        }
    }
}
