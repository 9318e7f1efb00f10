package dev.zstar.solvers.cells;

import dev.zstar.kernels.Activation;
import dev.zstar.solvers.cells.operations.Activate;
import dev.zstar.solvers.cells.operations.Bias;
import dev.zstar.solvers.cells.operations.Combine;
import dev.zstar.solvers.cells.operations.Operation;
import dev.zstar.solvers.cells.operations.Product;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes one operation of a product and the bias, the sum and the activation that follow it, if nobody else reads the product. The engine
 * computes such an operation in one call, while the product is in the nearest cache.
 */
final class Fusion {
    private final Map<Node, Integer> readers = new HashMap<>();
    private final Map<Node, Node> fused = new HashMap<>();

    private Fusion() {}

    /** The nodes that a result needs, each after its inputs, with products fused. */
    static List<Node> order(Node result) {
        Fusion fusion = new Fusion();
        List<Node> order = sort(result);
        order.forEach(node -> node.inputs().forEach(input -> fusion.readers.merge(input, 1, Integer::sum)));
        order.forEach(node -> fusion.fused.put(node, fusion.fuse(node)));
        return sort(fusion.fused.get(result));
    }

    /** The nodes that a result needs, each after its inputs. */
    private static List<Node> sort(Node result) {
        List<Node> order = new ArrayList<>();
        Map<Node, Boolean> seen = new HashMap<>();
        List<Node> stack = new ArrayList<>(List.of(result));
        while (!stack.isEmpty()) {
            Node node = stack.getLast();
            if (seen.containsKey(node)) {
                stack.removeLast();
                if (!seen.put(node, true)) {
                    order.add(node);
                }
                continue;
            }
            seen.put(node, false);
            for (Node input : node.inputs().reversed()) {
                if (!seen.containsKey(input)) {
                    stack.add(input);
                }
            }
        }
        return order;
    }

    private Node fuse(Node node) {
        if (node.isLeaf()) {
            return node;
        }
        List<Node> inputs = node.inputs().stream().map(fused::get).toList();
        Node fusedNode = switch (node.operation()) {
            case Bias b when open(node, 0) instanceof Product p && p.bias() == null && !p.hasResidual() && p.takes(b) ->
                Node.of(p.with(b), inputs.getFirst().inputs());
            case Activate f when open(node, 0) instanceof Product p -> Node.of(p.with(f.activation()), inputs.getFirst().inputs());
            case Combine sum when sum.equals(Combine.PLUS) -> add(node, inputs);
            default -> null;
        };
        return fusedNode != null ? fusedNode : Node.of(node.operation(), inputs);
    }

    /** The sum goes into the product of the state, which takes longer than that of the input and is computed in every evaluation. */
    private Node add(Node node, List<Node> inputs) {
        boolean second = canAdd(node, 1) && (!canAdd(node, 0) || !inputs.getFirst().ofState() || inputs.get(1).ofState());
        if (!second && !canAdd(node, 0)) {
            return null;
        }
        Node product = inputs.get(second ? 1 : 0);
        Node other = inputs.get(second ? 0 : 1);
        if (node.ofState() && !product.ofState()) {
            return null;
        }
        return Node.of(((Product) product.operation()).withResidual(), List.of(product.inputs().getFirst(), other));
    }

    private boolean canAdd(Node node, int i) {
        return open(node, i) instanceof Product p && !p.hasResidual();
    }

    /** The fused operation of input i if only this node reads it and it has no activation yet; null otherwise. */
    private Operation open(Node node, int i) {
        Node input = node.inputs().get(i);
        Operation operation = fused.get(input).operation();
        boolean isOpen = readers.get(input) == 1 && operation instanceof Product p && p.activation() == Activation.IDENTITY;
        return isOpen ? operation : null;
    }
}
