package dev.zstar.solvers.cells.program;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A program without the instructions that nobody needs, whose registers have their memory. */
public final class Program {
    private final List<Instruction> instructions;
    /** By number of active rows; null until the first run with this number. */
    private Step[][] bound = {};

    private Program(List<Instruction> instructions) {
        this.instructions = instructions;
    }

    /**
     * Leaves out every instruction without an effect whose results are not read. Call {@link Memory#assign} once the roles of all
     * registers are known.
     */
    public static Program of(Steps steps) {
        Set<Register> needed = new HashSet<>();
        List<Instruction> kept = new ArrayList<>();
        for (Instruction i : steps.instructions().reversed()) {
            if (i.effect() || i.writes().stream().anyMatch(r -> r.role() != Register.Role.TEMPORARY || needed.contains(r))) {
                kept.add(i);
                needed.addAll(i.reads());
            }
        }
        Collections.reverse(kept);
        return new Program(kept);
    }

    /** The registers that it reads and does not write, without those of the caller. */
    public Set<Register> inputs() {
        Set<Register> inputs = new LinkedHashSet<>();
        Set<Register> written = new HashSet<>();
        for (Instruction i : instructions) {
            for (Register r : i.reads()) {
                if (!written.contains(r) && r.role() != Register.Role.EXTERNAL) {
                    inputs.add(r);
                }
            }
            written.addAll(i.writes());
        }
        return inputs;
    }

    /** For each register the last instruction that reads or writes it. */
    Map<Register, Integer> ends() {
        Map<Register, Integer> ends = new HashMap<>();
        for (int i = 0; i < instructions.size(); i++) {
            for (Register r : instructions.get(i).reads()) {
                ends.put(r, i);
            }
            for (Register r : instructions.get(i).writes()) {
                ends.put(r, i);
            }
        }
        return ends;
    }

    List<Instruction> instructions() {
        return instructions;
    }

    /** Makes what its instructions read besides registers, so that several threads may then run programs that read it. */
    public void pack() {
        for (Instruction i : instructions) {
            if (i.packing() != null) {
                i.packing().run();
            }
        }
    }

    /** Prepares it for the rows of a frame, so that no run has to allocate. */
    public void prepare(Frame frame) {
        if (frame.count() >= bound.length) {
            bound = Arrays.copyOf(bound, frame.count() + 1);
        }
        bound[frame.count()] = instructions.stream().map(i -> i.binding().bind(frame)).toArray(Step[]::new);
    }

    /** Runs it for the rows of the frame. */
    public void run(Frame frame) {
        int count = frame.count();
        if (count >= bound.length || bound[count] == null) {
            prepare(frame);
        }
        for (Step step : bound[count]) {
            step.run();
        }
    }
}
