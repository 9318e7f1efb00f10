package dev.zstar.solvers.cells.program;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.OwnedMemory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The memory of all registers of a cell's programs. A stored register has a block of its own. Temporary registers of one shape share
 * blocks, if their lifetimes do not overlap or if they belong to different programs, since one program runs at a time.
 */
public final class Memory {
    /** A block, for registers of one shape. */
    private static final class Slot {
        private final int rows;
        private final int cols;
        private final List<String> names = new ArrayList<>();
        private Block block;

        Slot(int rows, int cols) {
            this.rows = rows;
            this.cols = cols;
        }
    }

    private final Type type;
    private final int batch;
    private final List<Register> registers = new ArrayList<>();
    /** By register; null for external ones and arrays. */
    private final List<Slot> slots = new ArrayList<>();
    private final List<Slot> all = new ArrayList<>();
    /** The slots of temporary registers, which every program takes from. */
    private final List<Slot> shared = new ArrayList<>();
    private double[][] numbers;
    private Frame[] frames;

    /** Memory for up to {@code batch} rows. */
    public Memory(Type type, int batch) {
        this.type = type;
        this.batch = batch;
    }

    Register register(String name, int rows, int cols, boolean isNumbers, Register.Role role) {
        Register register = new Register(name, rows, cols, isNumbers, role, registers.size());
        registers.add(register);
        slots.add(null);
        return register;
    }

    /** A register for a block of the caller. */
    public Register external(String name, int rows, int cols) {
        return register(name, rows, cols, false, Register.Role.EXTERNAL);
    }

    /** A register that keeps its values between runs. */
    public Register stored(String name, int rows, int cols) {
        return register(name, rows, cols, false, Register.Role.STORED);
    }

    /** Chooses the memory of the registers of a program. */
    public void assign(Program program) {
        List<Slot> free = new ArrayList<>(shared);
        Map<Register, Integer> ends = program.ends();
        List<Instruction> instructions = program.instructions();
        for (int i = 0; i < instructions.size(); i++) {
            Instruction instruction = instructions.get(i);
            Set<Register> dying = new HashSet<>();
            for (Register r : instruction.reads()) {
                if (isShared(r) && ends.get(r) == i) {
                    dying.add(r);
                }
            }
            for (Register w : instruction.writes()) {
                if (w.isNumbers() || w.role() == Register.Role.EXTERNAL || slots.get(w.index()) != null) {
                    continue;
                }
                slots.set(w.index(), isShared(w) ? share(w, instruction, dying, free) : own(w));
            }
            for (Register r : dying) {
                free.add(slots.get(r.index()));
            }
            for (Register w : instruction.writes()) {
                if (isShared(w) && ends.get(w) == i) {
                    free.add(slots.get(w.index()));
                }
            }
        }
    }

    private static boolean isShared(Register r) {
        return r.role() == Register.Role.TEMPORARY && !r.isNumbers();
    }

    private Slot share(Register w, Instruction instruction, Set<Register> dying, List<Slot> free) {
        for (Register r : instruction.inPlace()) {
            if (w.equals(instruction.writes().getFirst()) && dying.contains(r) && r.rows() == w.rows() && r.cols() == w.cols()) {
                dying.remove(r);
                return named(slots.get(r.index()), w);
            }
        }
        for (Slot slot : free) {
            if (slot.rows == w.rows() && slot.cols == w.cols()) {
                free.remove(slot);
                return named(slot, w);
            }
        }
        Slot slot = new Slot(w.rows(), w.cols());
        all.add(slot);
        shared.add(slot);
        return named(slot, w);
    }

    private static Slot named(Slot slot, Register w) {
        if (!slot.names.contains(w.name())) {
            slot.names.add(w.name());
        }
        return slot;
    }

    private Slot own(Register w) {
        Slot slot = new Slot(w.rows(), w.cols());
        all.add(slot);
        return named(slot, w);
    }

    /** Allocates everything, after all programs have been assigned. */
    public void allocate(OwnedMemory memory) {
        numbers = new double[registers.size()][];
        for (Register r : registers) {
            if (r.isNumbers()) {
                numbers[r.index()] = new double[times(r.cols(), r.name())];
            } else if (r.role() == Register.Role.STORED && slots.get(r.index()) == null) {
                slots.set(r.index(), own(r));
            }
        }
        for (Slot slot : all) {
            slot.block = memory.add(Block.allocate(type, times(slot.rows, slot.names.getFirst()), slot.cols), Block::close, Block::bytes);
        }
        frames = new Frame[batch + 1];
    }

    private int times(int each, String name) {
        long all = (long) batch * each;
        if (all >= Integer.MAX_VALUE) {
            throw new IllegalArgumentException("plan: the batch is " + batch + ", expected one whose values of '" + name + "', " + each
                    + " for each row, are fewer than 2³¹ - 1");
        }
        return (int) all;
    }

    /** The blocks for this number of active rows. The first call for each number allocates. */
    public Frame frame(int count) {
        Frame frame = frames[count];
        if (frame == null) {
            Block[] blocks = new Block[registers.size()];
            for (Register r : registers) {
                Slot slot = slots.get(r.index());
                blocks[r.index()] = slot == null ? null : slot.block.head(count * slot.rows);
            }
            frame = new Frame(count, blocks, numbers);
            frames[count] = frame;
        }
        return frame;
    }

    /** The bytes that a program reads and writes for each row, without the blocks of the caller. */
    public long rowBytes(Program program) {
        Set<Slot> blocks = new HashSet<>();
        Set<Register> arrays = new HashSet<>();
        for (Instruction i : program.instructions()) {
            Stream.concat(i.reads().stream(), i.writes().stream()).forEach(r -> {
                if (r.isNumbers()) {
                    arrays.add(r);
                } else if (r.role() != Register.Role.EXTERNAL) {
                    blocks.add(slots.get(r.index()));
                }
            });
        }
        return blocks.stream().mapToLong(slot -> Block.bytes(type, slot.rows, slot.cols)).sum()
                + arrays.stream().mapToLong(r -> (long) r.cols() * Double.BYTES).sum();
    }

    /** The whole block of a register. */
    Block whole(Register r) {
        return slots.get(r.index()).block;
    }

    double[] wholeNumbers(Register r) {
        return numbers[r.index()];
    }

    /** The most rows. */
    public int batch() {
        return batch;
    }

    /** The element type. */
    public Type type() {
        return type;
    }

    /** One line for each block: its shape for one row, its bytes for the most rows, and what it holds. */
    public String table() {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%-14s %12s  holds%n", "shape", "bytes"));
        long sum = 0;
        for (Slot slot : all) {
            long bytes = Block.bytes(type, batch * slot.rows, slot.cols);
            sum += bytes;
            String holds = String.join(", ", slot.names) + (shared.contains(slot) ? "" : " (kept)");
            text.append(String.format(Locale.ROOT, "%-14s %12d  %s%n", slot.rows * batch + "×" + slot.cols, bytes, holds));
        }
        return text.append(String.format(Locale.ROOT, "%-14s %12d%n", "together", sum)).toString();
    }
}
