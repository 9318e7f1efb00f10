package dev.zstar;

import java.util.List;

/** A solve that ended without a solution. The message says which rows, why, and what would help. Rows are counted from 0. */
public final class NotSolved extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient List<Integer> rows;

    NotSolved(String message, List<Integer> rows) {
        super(message);
        this.rows = List.copyOf(rows);
    }

    /** The rows of the batch that were not solved, counted from 0; empty after deserialisation. */
    public List<Integer> rows() {
        return rows == null ? List.of() : rows;
    }
}
