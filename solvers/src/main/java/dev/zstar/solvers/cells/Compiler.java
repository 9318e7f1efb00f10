package dev.zstar.solvers.cells;

import dev.zstar.kernels.Engine;
import dev.zstar.solvers.cells.operations.Assembler;
import dev.zstar.solvers.cells.operations.Bank;
import dev.zstar.solvers.cells.operations.Mask;
import dev.zstar.solvers.cells.operations.Slice;
import dev.zstar.solvers.cells.operations.Trace;
import dev.zstar.solvers.cells.program.Layout;
import dev.zstar.solvers.cells.program.Memory;
import dev.zstar.solvers.cells.program.Port;
import dev.zstar.solvers.cells.program.Program;
import dev.zstar.solvers.cells.program.Register;
import dev.zstar.solvers.cells.program.Steps;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the programs of a cell from its graph: what depends on the input alone, f, its linearisation, the products with the Jacobian and
 * its transpose, and the gradients of parameters and input. Instructions whose results a program does not need are left out, so each
 * operation adds all it might need.
 */
final class Compiler {
    private final Cell cell;
    private final Engine engine;
    private final Bank bank;
    private final Memory memory;
    private final Keep keep;
    /** Nodes of the input alone that nodes of the state read, and where their values are stored. */
    private final Map<Node, Register> frontier = new LinkedHashMap<>();
    /** The stored point. */
    private final Register point;
    /** The registers of the linearisation, if it is kept. */
    private Map<Node, Trace> kept;
    private Steps linearisation;
    private Port entry;

    Compiler(Cell cell, Engine engine, Bank bank, Memory memory, Keep keep) {
        this.cell = cell;
        this.engine = engine;
        this.bank = bank;
        this.memory = memory;
        this.keep = keep;
        point = new Steps(memory).block("point", cell.state().rows(), cell.state().cols());
        for (Node node : cell.order()) {
            if (node.operation() instanceof Mask) {
                store(node);
            }
            for (Node input : node.inputs()) {
                if (node.ofState() && !input.ofState()) {
                    store(input);
                }
            }
        }
        if (!cell.result().ofState()) {
            store(cell.result());
        }
    }

    private void store(Node node) {
        frontier.computeIfAbsent(node, n -> memory.stored("input: " + n.name(), n.shape().rows(), n.shape().cols()));
    }

    private Assembler assembler(Steps steps) {
        return new Assembler(engine, bank, steps);
    }

    List<Register> stored() {
        return new ArrayList<>(frontier.values());
    }

    // ---- the programs

    /** Computes and stores what depends on x alone. */
    Code inject() {
        Steps steps = new Steps(memory);
        Port in = Layout.enter(steps, "x", cell.input());
        Map<Node, Register> values = new HashMap<>();
        values.put(cell.x(), Layout.unpacked(steps, in, cell.input()));
        emit(assembler(steps), values, false, false);
        frontier.forEach((node, register) -> {
            if (values.get(node) != register) {
                assembler(steps).copy(values.get(node), register);
            }
        });
        return code(Program.of(steps), in);
    }

    /** {@code out = f(z)}. */
    Code value() {
        Steps steps = new Steps(memory);
        Port in = Layout.enter(steps, "z", cell.state());
        Map<Node, Register> values = state(Layout.unpacked(steps, in, cell.state()));
        emit(assembler(steps), values, true, false);
        Port out = Layout.leave(steps, values.get(cell.result()), cell.state());
        return code(Program.of(steps), in, out);
    }

    /** Prepares the linearisation; its program is made by {@link #linearise}, when it is known what the others read. */
    private Map<Node, Trace> traces() {
        if (kept == null) {
            linearisation = new Steps(memory);
            Port in = Layout.enter(linearisation, "z", cell.state());
            Register z = Layout.unpacked(linearisation, in, cell.state());
            Map<Node, Register> values = state(z);
            kept = emit(assembler(linearisation), values, true, true);
            assembler(linearisation).copy(z, point);
            kept.replaceAll((node, trace) -> replace(trace, z, point));
            entry = in;
        }
        return kept;
    }

    /** Stores what the derivatives read. Call it after the others. */
    Code linearise() {
        if (keep == Keep.POINT) {
            Steps steps = new Steps(memory);
            Port in = Layout.enter(steps, "z", cell.state());
            assembler(steps).copy(Layout.unpacked(steps, in, cell.state()), point);
            point.store();
            return code(Program.of(steps), in);
        }
        traces();
        return code(Program.of(linearisation), entry);
    }

    /** {@code out = Jᵀ u}. */
    Code vjp() {
        Steps steps = new Steps(memory);
        Assembler a = assembler(steps);
        Port in = Layout.enter(steps, "u", cell.state());
        Map<Node, Trace> traces = derivatives(a, point);
        Gradients gradients = new Gradients(a);
        gradients.add(cell.result(), Layout.unpacked(steps, in, cell.state()));
        backward(a, traces, gradients, true);
        Register out = gradients.of(cell.z());
        if (out == null) {
            out = steps.block("zeros", cell.state().rows(), cell.state().cols());
            a.zeros(out);
        }
        Port leave = Layout.leave(steps, out, cell.state());
        return code(Program.of(steps), in, leave);
    }

    /** {@code out = J v}. */
    Code jvp() {
        Steps steps = new Steps(memory);
        Assembler a = assembler(steps);
        Port in = Layout.enter(steps, "v", cell.state());
        Map<Node, Trace> traces = derivatives(a, point);
        Map<Node, Register> tangents = new HashMap<>();
        tangents.put(cell.z(), Layout.unpacked(steps, in, cell.state()));
        for (Node node : cell.order()) {
            if (!node.isLeaf() && node.ofState()) {
                Register out = steps.block("tangent", node.shape().rows(), node.shape().cols());
                List<Register> dx = new ArrayList<>();
                node.inputs().forEach(input -> dx.add(tangents.get(input)));
                node.operation().jvp(a, traces.get(node), dx, out);
                tangents.put(node, out);
            }
        }
        Register out = tangents.get(cell.result());
        if (out == null) {
            out = steps.block("zeros", cell.state().rows(), cell.state().cols());
            a.zeros(out);
        }
        Port leave = Layout.leave(steps, out, cell.state());
        return code(Program.of(steps), in, leave);
    }

    /** Adds the gradients of the parameters; with {@code ofInput}, the gradient of x leaves, too. */
    Code gradients(boolean ofInput) {
        Steps steps = new Steps(memory);
        Assembler a = assembler(steps);
        Port v = Layout.enter(steps, "v", cell.state());
        Port z = Layout.enter(steps, "z", cell.state());
        Port x = Layout.enter(steps, "x", cell.input());
        Map<Node, Register> inputs = new HashMap<>();
        inputs.put(cell.x(), Layout.unpacked(steps, x, cell.input()));
        cell.order().stream().filter(node -> node.operation() instanceof Mask).forEach(mask -> inputs.put(mask, frontier.get(mask)));
        Map<Node, Trace> traces = emit(a, inputs, false, true);
        Register at = Layout.unpacked(steps, z, cell.state());
        derivatives(a, at).forEach((node, trace) -> traces.put(node, replace(trace, point, at)));
        Gradients gradients = new Gradients(a);
        gradients.add(cell.result(), Layout.unpacked(steps, v, cell.state()));
        backward(a, traces, gradients, false);
        if (!ofInput) {
            return code(Program.of(steps), v, z, x);
        }
        Register out = gradients.of(cell.x());
        if (out == null) {
            out = steps.block("zeros", cell.input().rows(), cell.input().cols());
            a.zeros(out);
        }
        Port leave = Layout.leave(steps, out, cell.input());
        return code(Program.of(steps), v, z, x, leave);
    }

    // ---- their parts

    private Map<Node, Register> state(Register z) {
        Map<Node, Register> values = new HashMap<>(frontier);
        values.put(cell.z(), z);
        return values;
    }

    /** Adds the values of all nodes that depend on the state, or of those that do not, but for those that are there. */
    private Map<Node, Trace> emit(Assembler a, Map<Node, Register> values, boolean ofState, boolean derivatives) {
        Map<Node, Trace> traces = new HashMap<>();
        for (Node node : cell.order()) {
            if (!node.isLeaf() && node.ofState() == ofState && !values.containsKey(node)) {
                List<Register> in = node.inputs().stream().map(values::get).toList();
                Register out = !ofState && !derivatives && frontier.containsKey(node) ? frontier.get(node)
                        : a.steps().block(node.name(), node.shape().rows(), node.shape().cols());
                List<Register> saved = node.operation().value(a, in, out, derivatives);
                values.put(node, out);
                traces.put(node, new Trace(in, out, saved));
            }
        }
        return traces;
    }

    /** The registers of the linearisation: those that are kept, or new ones, which this program computes from the point. */
    private Map<Node, Trace> derivatives(Assembler a, Register at) {
        return keep == Keep.EVERYTHING ? traces() : emit(a, state(at), true, true);
    }

    private static Trace replace(Trace trace, Register from, Register to) {
        return new Trace(trace.in().stream().map(r -> r == from ? to : r).toList(), trace.out(), trace.saved());
    }

    private void backward(Assembler a, Map<Node, Trace> traces, Gradients gradients, boolean ofState) {
        for (Node node : cell.order().reversed()) {
            Register dy = node.isLeaf() ? null : gradients.of(node);
            if (dy == null || ofState && !node.ofState()) {
                continue;
            }
            Trace trace = traces.get(node);
            if (!ofState) {
                node.operation().gradients(a, trace, dy);
            }
            if (node.operation() instanceof Slice slice) {
                gradients.add(node.inputs().getFirst(), slice, dy);
                continue;
            }
            List<Boolean> wanted = node.inputs().stream().map(input -> ofState ? input.ofState() : isWanted(input)).toList();
            List<Register> dx = node.operation().vjp(a, trace, dy, wanted);
            for (int i = 0; i < dx.size(); i++) {
                if (dx.get(i) != null) {
                    gradients.add(node.inputs().get(i), dx.get(i));
                }
            }
        }
    }

    /** Whether gradients of parameters or of the input may need that of a value. */
    private boolean isWanted(Node node) {
        return node != cell.z() && !(node.operation() instanceof Mask);
    }

    private static Code code(Program program, Port... ports) {
        return Code.of(program, ports);
    }
}
