package dev.zstar.solvers.cells.program;

/**
 * A value of a program, for all active rows: a block of {@code count · rows × cols}, or an array with {@code cols} numbers for each of
 * the {@code count} rows. It is written by one instruction.
 */
public final class Register {
    /** Where the memory of a register comes from. */
    public enum Role {
        /** Lives within one run of one program, and shares memory with others. */
        TEMPORARY,
        /** Holds a row for each row of the batch between runs. */
        STORED,
        /** The caller's block, another one for each run. */
        EXTERNAL
    }

    private final String name;
    private final int rows;
    private final int cols;
    private final boolean numbers;
    private final int index;
    private Role role;

    Register(String name, int rows, int cols, boolean numbers, Role role, int index) {
        this.name = name;
        this.rows = rows;
        this.cols = cols;
        this.numbers = numbers;
        this.role = role;
        this.index = index;
    }

    /** What it holds, for the table of the memory. */
    public String name() {
        return name;
    }

    /** Rows of the block for each row of the batch. */
    public int rows() {
        return rows;
    }

    /** Columns of the block; numbers for each row of the batch. */
    public int cols() {
        return cols;
    }

    /** Whether it is an array of f64 numbers. */
    public boolean isNumbers() {
        return numbers;
    }

    /** Where its memory comes from. */
    public Role role() {
        return role;
    }

    int index() {
        return index;
    }

    /** Keeps its values between runs. */
    public void store() {
        role = Role.STORED;
    }

    /** Takes a block of the caller for each run. */
    public void external() {
        role = Role.EXTERNAL;
    }

    @Override
    public String toString() {
        return name;
    }
}
