package dev.zstar.benchmarks.reasoner;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.cells.CellMap;
import dev.zstar.solvers.cells.Heads;
import dev.zstar.solvers.cells.Net;
import dev.zstar.solvers.cells.Value;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import dev.zstar.solvers.training.heads.LinearHead;
import java.util.List;

/**
 * A recursive reasoning model for Sudokus, after the hierarchical and the tiny recursive model (Wang et al. 2025, arXiv 2506.21734;
 * Jolicoeur-Martineau 2025, arXiv 2510.04871). One cell of a few blocks is applied again and again to the same state:
 *
 * <pre>
 *   h₀ = z + U x + u
 *   h' = norm(h + attention(h)),   h'' = norm(h' + swiglu(h'))      in each block
 *   f(z, x) = h'' of the last block
 * </pre>
 *
 * <p>A square of the board is a token. x says which digit is given there, and in which row, column and box it is. A linear head reads the
 * digits from the tokens of z, after any number of steps.
 */
public final class Reasoner implements AutoCloseable {
    /** Tokens of other widths leave padding between them. */
    private static final int LINE = 16;

    /**
     * The size of a model.
     *
     * @param board the size of the puzzles
     * @param width elements of a token, a multiple of 16
     * @param heads heads of attention, which must divide the width
     * @param hidden hidden elements of the gated unit
     * @param blocks blocks of attention and gated unit in a step
     */
    public record Size(Board board, int width, int heads, int hidden, int blocks) {
        /** Checks that the tokens of a state fill whole cache lines, without padding after the last. */
        public Size {
            try (Block state = Block.allocate(Type.F32, 1, board.squares() * width)) {
                if (width % LINE != 0 || !state.canFold(board.squares())) {
                    throw new IllegalArgumentException("reasoner: the width is " + width + " with " + board.squares()
                            + " tokens, expected a multiple of 16 whose product with the tokens is not a multiple of 1,024");
                }
            }
        }

        /** Two blocks, with up to 8 heads of at least 16 elements, and twice the width in the gated unit. */
        public static Size of(int side, int width) {
            return new Size(Board.of(side), width, Math.clamp(width / LINE, 1, 8), 2 * width, 2);
        }

        /** The elements of the input of a token: digits and 0, rows, columns and boxes, filled up to whole cache lines. */
        public int features() {
            return (4 * board.side() + LINE) / LINE * LINE;
        }

        /** The numbers of a state. */
        public int n() {
            return board.squares() * width;
        }

        /** The cell, with an input of {@code squares × features}. */
        public Cell cell() {
            Shape state = Shape.tokens(board.squares(), width);
            return Cell.of(Type.F32, state, Shape.tokens(board.squares(), features()), (net, z, x) -> {
                // Four features of a token are 1, so that U x has about the size of a normalised state.
                Value h = z.plus(net.bias("input.bias",
                        net.product(net.weight("input.weight", width, features(), Initialiser.normal(0.5)), x)));
                for (int block = 0; block < blocks; block++) {
                    h = block("block" + block, net, h);
                }
                return h;
            });
        }

        private Value block(String name, Net net, Value h) {
            Value mixed = net.rmsNorm(name + ".norm1", h.plus(net.attention(name + ".attention", h, Heads.heads(heads).noBias())));
            return net.rmsNorm(name + ".norm2", mixed.plus(net.swiglu(name + ".mlp", mixed, hidden)));
        }

        /** The parameters of the cell and of the head. */
        List<Parameter> descriptions() {
            return Parameter.join(cell().descriptions(), LinearHead.descriptions("head", board.side(), width));
        }
    }

    private final Size size;
    private final Engine engine;
    private final int batch;
    private final Allocation owned = new Allocation();
    private final CellMap map;
    private final LinearHead head;

    /**
     * A model for batches of puzzles.
     *
     * @param parameters of {@link Size#descriptions}; they stay the caller's, who calls {@link #update} after changing them
     */
    Reasoner(Engine engine, Size size, int batch, Parameters parameters) {
        this.engine = engine;
        this.size = size;
        this.batch = batch;
        Cell cell = size.cell();
        map = owned.add(cell.plan(engine, batch, parameters.subset(cell.descriptions())));
        head = owned.add(new LinearHead(engine, "head", parameters, batch * size.board().squares()));
    }

    Engine engine() {
        return engine;
    }

    Size size() {
        return size;
    }

    int batch() {
        return batch;
    }

    CellMap map() {
        return map;
    }

    LinearHead head() {
        return head;
    }

    /** Reads the parameters again. */
    void update() {
        map.update();
    }

    /** Zeros, {@code rows × n}. */
    Block states(int rows) {
        return engine.allocate(Type.F32, rows, size.n());
    }

    /** Memory for the inputs of this many puzzles. */
    Block inputs(int rows) {
        return engine.allocate(Type.F32, rows, size.board().squares() * size.features());
    }

    /** The tokens of all rows of a block of states or gradients, one below the other. */
    Block tokens(Block states) {
        return states.folded(size.board().squares());
    }

    /** Writes a puzzle as row {@code row} of the inputs: four ones in each token. */
    void encode(Puzzle puzzle, Block inputs, int row) {
        Board board = size.board();
        int side = board.side();
        inputs.part(row, inputs.rows()).fill(0);
        for (int square = 0; square < board.squares(); square++) {
            int at = square * size.features();
            inputs.set(row, at + puzzle.clue(square), 1);
            inputs.set(row, at + side + 1 + board.row(square), 1);
            inputs.set(row, at + 2 * side + 1 + board.column(square), 1);
            inputs.set(row, at + 3 * side + 1 + board.box(square), 1);
        }
    }

    @Override
    public void close() {
        owned.close();
    }
}
