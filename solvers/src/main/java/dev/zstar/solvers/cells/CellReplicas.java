package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.solvers.ReplicatedMap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** The replicas of a cell's map. They share its parameters, and have intermediate values of their own. */
final class CellReplicas implements ReplicatedMap {
    private final Programs source;
    private final CellChecks checks;
    private final IntFunction<Programs> plan;
    private final List<Replica> replicas = new ArrayList<>();

    /**
     * Replicas that are planned at their first use.
     *
     * @param source the programs of the map, which hold the inputs of all rows
     * @param plan plans programs for a number of rows
     */
    CellReplicas(Programs source, CellChecks checks, IntFunction<Programs> plan) {
        this.source = source;
        this.checks = checks;
        this.plan = plan;
    }

    @Override
    public Replica replica(int worker, int slots) {
        checks.requireOpen("solve");
        while (replicas.size() <= worker) {
            replicas.add(null);
        }
        if (replicas.get(worker) == null || replicas.get(worker).slots < slots) {
            replicas.set(worker, new Replica(plan.apply(slots), slots));
        }
        return replicas.get(worker);
    }

    /** Programs for some rows, with a copy of what depends on their inputs. */
    final class Replica implements ReplicatedMap.Replica {
        private final Programs programs;
        private final int slots;

        private Replica(Programs programs, int slots) {
            this.programs = programs;
            this.slots = slots;
        }

        @Override
        public void load(int slot, int row) {
            programs.inputs.load("apply", slot, source.inputs, row);
        }

        @Override
        public void apply(Block z, Block out, Rows rows) {
            int count = checks.require("apply", "z", z, out, rows);
            programs.inputs.arrange("apply", rows);
            if (count > 0) {
                programs.value.run(programs.memory, count, z, out);
            }
        }
    }
}
