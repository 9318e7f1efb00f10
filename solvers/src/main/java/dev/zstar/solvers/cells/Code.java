package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.cells.program.Frame;
import dev.zstar.solvers.cells.program.Memory;
import dev.zstar.solvers.cells.program.Port;
import dev.zstar.solvers.cells.program.Program;

/**
 * A program with the places where up to four blocks of the caller enter and leave. Those beyond its number are null.
 */
record Code(Program program, Port first, Port second, Port third, Port fourth) {
    static Code of(Program program, Port... ports) {
        return new Code(program, ports[0], ports.length > 1 ? ports[1] : null, ports.length > 2 ? ports[2] : null,
                ports.length > 3 ? ports[3] : null);
    }

    /** Runs it for {@code count} rows. */
    void run(Memory memory, int count, Block a) {
        Frame frame = memory.frame(count);
        first.connect(frame, a);
        program.run(frame);
    }

    /** The same with two blocks. */
    void run(Memory memory, int count, Block a, Block b) {
        Frame frame = memory.frame(count);
        first.connect(frame, a);
        second.connect(frame, b);
        program.run(frame);
    }

    /** The same with three blocks, and a fourth that may be null. */
    void run(Memory memory, int count, Block a, Block b, Block c, Block d) {
        Frame frame = memory.frame(count);
        first.connect(frame, a);
        second.connect(frame, b);
        third.connect(frame, c);
        if (d != null) {
            fourth.connect(frame, d);
        }
        program.run(frame);
    }
}
