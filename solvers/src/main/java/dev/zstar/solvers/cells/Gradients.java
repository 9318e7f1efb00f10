package dev.zstar.solvers.cells;

import dev.zstar.solvers.cells.operations.Assembler;
import dev.zstar.solvers.cells.operations.Slice;
import dev.zstar.solvers.cells.program.Register;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The gradients of a graph's values, as a backward pass collects them. Those of disjoint slices of a value are put side by side at once:
 * each slice would otherwise add a gradient of the whole value, mostly zeros.
 */
final class Gradients {
    private record Piece(Slice slice, Register gradient) {}

    private final Assembler a;
    private final Map<Node, Register> sums = new HashMap<>();
    private final Map<Node, List<Piece>> pieces = new HashMap<>();

    Gradients(Assembler a) {
        this.a = a;
    }

    /** Adds to the gradient of a value. */
    void add(Node node, Register gradient) {
        sums.merge(node, gradient, a::plus);
    }

    /** Adds to the gradient of a slice of a value. */
    void add(Node node, Slice slice, Register gradient) {
        pieces.computeIfAbsent(node, n -> new ArrayList<>()).add(new Piece(slice, gradient));
    }

    /** The gradient of a value; null if the result does not depend on it. */
    Register of(Node node) {
        List<Piece> rest = pieces.remove(node);
        while (rest != null && !rest.isEmpty()) {
            List<Piece> row = new ArrayList<>();
            List<Piece> others = new ArrayList<>();
            for (Piece piece : rest) {
                boolean isApart = row.stream().allMatch(other -> other.slice().isApart(piece.slice()));
                (isApart ? row : others).add(piece);
            }
            rest = others;
            add(node, Slice.join(a, row.stream().map(Piece::slice).toList(), row.stream().map(Piece::gradient).toList()));
        }
        return sums.get(node);
    }
}
