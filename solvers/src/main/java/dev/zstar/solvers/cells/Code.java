package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.cells.program.Frame;
import dev.zstar.solvers.cells.program.Memory;
import dev.zstar.solvers.cells.program.Port;
import dev.zstar.solvers.cells.program.Program;
import java.util.List;

/** A program with the places where blocks of the caller enter and leave. */
record Code(Program program, List<Port> ports) {
    /** Runs it for {@code count} rows. */
    void run(Memory memory, int count, Block a) {
        Frame frame = memory.frame(count);
        ports.get(0).connect(frame, a);
        run(frame);
    }

    /** The same with two blocks. */
    void run(Memory memory, int count, Block a, Block b) {
        Frame frame = memory.frame(count);
        ports.get(0).connect(frame, a);
        ports.get(1).connect(frame, b);
        run(frame);
    }

    /** The same with three blocks, and a fourth that may be null. */
    void run(Memory memory, int count, Block a, Block b, Block c, Block d) {
        Frame frame = memory.frame(count);
        ports.get(0).connect(frame, a);
        ports.get(1).connect(frame, b);
        ports.get(2).connect(frame, c);
        if (d != null) {
            ports.get(3).connect(frame, d);
        }
        run(frame);
    }

    /** Lets the caller's blocks go, whatever happens. */
    private void run(Frame frame) {
        try {
            program.run(frame);
        } finally {
            for (int i = 0; i < ports.size(); i++) {
                ports.get(i).disconnect(frame);
            }
        }
    }
}
