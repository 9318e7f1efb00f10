package dev.zstar.solvers.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.kernels.Weights;
import dev.zstar.solvers.LinearOperator;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.ReplicatedMap;
import dev.zstar.solvers.ReplicatedOperator;
import dev.zstar.solvers.cells.operations.Affine;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A replica of any cell, and of its adjoint, gives a row the bits of the map. */
class CellReplicasTest {
    private static final int BATCH = 6;
    /** Which row is in which slot. */
    private static final int[] ROWS = {4, 1, 5, 2};
    /** Slots as a solver may have them. */
    private static final int[][] SELECTIONS = {{0, 1, 2, 3}, {3, 0}, {2, 3, 1}, {1}};

    private static int[] rowsIn(int[] slots) {
        return Arrays.stream(slots).map(slot -> ROWS[slot]).toArray();
    }

    /** The result of an operator for these rows of the blocks. */
    private static double[] result(LinearOperator t, boolean transposed, Block of, int[] rows, int[] numbers) {
        try (Block in = Problems.pick(of, rows); Block out = Block.allocate(of.type(), rows.length, of.cols())) {
            Rows which = Problems.rows(BATCH, numbers);
            if (transposed) {
                t.applyTransposed(in, out, which);
            } else {
                t.apply(in, out, which);
            }
            return out.toDoubles();
        }
    }

    @ParameterizedTest
    @EnumSource(Keep.class)
    void haveTheBitsOfTheMap(Keep keep) {
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                for (Cell cell : SampleCells.of(type)) {
                    try (Engine engine = provider.create(1);
                            Parameters parameters = cell.parameters(5);
                            CellMap map = cell.plan(engine, BATCH, parameters, keep);
                            Block z = Problems.random(type, BATCH, cell.n(), 0.5, 2);
                            Block x = Problems.random(type, BATCH, cell.inputs(), 0.5, 3);
                            Block u = Problems.random(type, BATCH, cell.n(), 1, 4)) {
                        map.dropout(9);
                        map.inject(x);
                        map.linearise(z, Problems.rows(BATCH, 0, 1, 2, 3, 4, 5));
                        LinearOperator adjoint = map.adjoint();
                        ReplicatedMap.Replica values = map.replicas().replica(1, ROWS.length);
                        ReplicatedOperator.Replica products = adjoint.replicas().replica(1, ROWS.length);
                        for (int slot = 0; slot < ROWS.length; slot++) {
                            values.load(slot, ROWS[slot]);
                            products.load(slot, ROWS[slot]);
                        }
                        for (int[] slots : SELECTIONS) {
                            int[] rows = rowsIn(slots);
                            assertThat(result(values::apply, false, z, rows, slots)).as("f of %s", cell)
                                    .isEqualTo(result(map::apply, false, z, rows, rows));
                            assertThat(result(products, false, u, rows, slots)).as("Jᵀu of %s", cell)
                                    .isEqualTo(result(adjoint, false, u, rows, rows)).isEqualTo(result(map::vjp, false, u, rows, rows));
                            assertThat(result(products, true, u, rows, slots)).as("J u of %s", cell)
                                    .isEqualTo(result(adjoint, true, u, rows, rows)).isEqualTo(result(map::jvp, false, u, rows, rows));
                        }
                    }
                }
            }
        }
    }

    /** Masks of dropout belong to a row, wherever it is evaluated. */
    @Test
    void keepTheMasksOfDropout() {
        Cell cell = Cell.of(Type.F64, Shape.vector(40), (net, z, x) -> net.dropout(z, 0.5).plus(net.dropout(x, 0.5)));
        try (Engine engine = Problems.engines().getFirst().create(1);
                Parameters parameters = cell.zeros();
                CellMap map = cell.plan(engine, BATCH, parameters);
                Block ones = Block.allocate(Type.F64, BATCH, 40)) {
            ones.fill(1);
            map.dropout(3);
            map.inject(ones);
            ReplicatedMap.Replica replica = map.replicas().replica(0, 1);
            replica.load(0, 2);
            double[] masked = result(replica::apply, false, ones, new int[] {2}, new int[] {0});
            assertThat(masked).isEqualTo(result(map::apply, false, ones, new int[] {2}, new int[] {2})).contains(0, 4);
            // Masks stay until the next input; the replica gets the new ones when a row is loaded.
            map.dropout(4);
            map.inject(ones);
            replica.load(0, 2);
            assertThat(result(replica::apply, false, ones, new int[] {2}, new int[] {0})).isNotEqualTo(masked)
                    .isEqualTo(result(map::apply, false, ones, new int[] {2}, new int[] {2}));
        }
    }

    @Test
    @SuppressWarnings("try") // The map is closed early, to see what a replica says then.
    void refuseRowsThatHaveNoInputOrNoPoint() {
        Cell cell = SampleCells.of(Type.F32).getFirst();
        try (Engine engine = Problems.engines().getFirst().create(1);
                Parameters parameters = cell.parameters(5);
                CellMap map = cell.plan(engine, BATCH, parameters);
                Block z = Problems.random(Type.F32, 2, cell.n(), 0.5, 2);
                Block x = Problems.random(Type.F32, 4, cell.inputs(), 0.5, 3)) {
            map.inject(x);
            map.linearise(z, Problems.rows(BATCH, 0, 3));
            ReplicatedMap.Replica values = map.replicas().replica(0, 2);
            ReplicatedOperator.Replica products = map.adjoint().replicas().replica(0, 2);
            assertThatThrownBy(() -> values.load(0, 4)).isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("apply: row 4 of the batch has no input");
            assertThatThrownBy(() -> products.load(0, 1)).isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("vjp: row 1 of the batch has no point of linearisation");
            products.load(0, 3);
            map.update();
            assertThatThrownBy(() -> products.load(0, 3)).isInstanceOf(IllegalStateException.class);
            map.close();
            assertThatThrownBy(() -> map.adjoint().replicas().replica(0, 2)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("after it was closed");
        }
    }

    /** What groups of rows share a cache with. */
    @Test
    void countTheWeightsOfTheStateAlone() {
        Cell cell = Cell.of(Type.F32, Shape.tokens(4, 16), Shape.tokens(4, 50), (net, z, x) ->
                z.plus(net.swiglu("mlp", z, 48)).plus(net.linear("x", x, 16)));
        try (Engine engine = Problems.engines().getFirst().create(1); Parameters parameters = cell.parameters(1);
                CellMap map = cell.plan(engine, 2, parameters)) {
            assertThat(map.replicas().weightBytes()).isEqualTo(map.adjoint().replicas().weightBytes()).isEqualTo(4 * 3 * 48 * 16);
        }
    }

    /** Transposed weights are packed before threads use them: those that products with the Jacobian need, and no others. */
    @Test
    void packTheTransposedMatricesThatProductsRead() {
        Cell cell = Cell.of(Type.F32, Shape.vector(48), Shape.vector(40), (net, z, x) ->
                net.linear("z", z, 48).plus(net.linear("x", x, 48)).tanh());
        try (Engine engine = Engines.named("simd", 1); Parameters parameters = cell.parameters(1);
                CellMap map = cell.plan(engine, BATCH, parameters);
                Block x = Problems.random(Type.F32, BATCH, 40, 1, 3);
                Block z = Problems.random(Type.F32, BATCH, 48, 1, 2);
                Block u = Problems.random(Type.F32, 2, 48, 1, 4);
                Block out = Block.allocate(Type.F32, 2, 48);
                Weights packed = engine.pack(parameters.get("z.weight"))) {
            map.inject(x);
            map.linearise(z, Problems.rows(BATCH, 0, 1, 2, 3, 4, 5));
            map.replicas().replica(0, 2);
            long before = map.bytes();
            ReplicatedOperator.Replica products = map.adjoint().replicas().replica(0, 2);
            long matrix = packed.bytes();
            packed.prepareTransposed();
            assertThat(map.bytes() - before).isEqualTo(packed.bytes() - matrix).isPositive();
            products.load(0, 0);
            products.load(1, 1);
            long after = map.bytes();
            products.apply(u, out, Problems.rows(BATCH, 0, 1));
            products.applyTransposed(u, out, Problems.rows(BATCH, 0, 1));
            assertThat(map.bytes()).isEqualTo(after);
        }
    }

    /** A matrix that f multiplies by transposed is packed before f is first evaluated. */
    @Test
    void packTheTransposedMatricesThatTheMapReads() {
        Cell cell = SampleCells.of(Type.F32).stream().filter(CellReplicasTest::readsTransposed).findFirst().orElseThrow();
        try (Engine engine = Engines.named("simd", 1); Parameters parameters = cell.parameters(1);
                CellMap map = cell.plan(engine, BATCH, parameters);
                Block x = Problems.random(Type.F32, BATCH, cell.inputs(), 1, 3);
                Block z = Problems.random(Type.F32, 1, cell.n(), 1, 2);
                Block out = Block.allocate(Type.F32, 1, cell.n())) {
            map.inject(x);
            ReplicatedMap.Replica values = map.replicas().replica(0, 2);
            values.load(0, 3);
            long before = map.bytes();
            values.apply(z, out, Problems.rows(BATCH, 0));
            assertThat(map.bytes()).isEqualTo(before);
        }
    }

    private static boolean readsTransposed(Cell cell) {
        return cell.order().stream().anyMatch(node -> !node.isLeaf() && node.ofState() && node.operation() instanceof Affine affine
                && affine.weight().isTransposed());
    }

    /** What a row keeps during an evaluation grows with the depth and the width of the cell. */
    @Test
    void countTheValuesOfARow() {
        Cell shallow = Cell.of(Type.F32, Shape.tokens(4, 16), Shape.tokens(4, 16), (net, z, x) -> net.linear("z", z, 16).plus(x).tanh());
        Cell deep = Cell.of(Type.F32, Shape.tokens(4, 16), Shape.tokens(4, 16), (net, z, x) ->
                net.rmsNorm("norm", z.plus(net.swiglu("mlp", z, 96)).plus(x)));
        try (Engine engine = Problems.engines().getFirst().create(1);
                Parameters few = shallow.parameters(1); Parameters many = deep.parameters(1);
                CellMap small = shallow.plan(engine, 2, few); CellMap large = deep.plan(engine, 2, many)) {
            long state = Block.bytes(Type.F32, 4, 16);
            // x itself, which the epilogue of the product adds.
            assertThat(small.replicas().rowBytes()).isEqualTo(state);
            // The slopes of tanh, and their product with u.
            assertThat(small.adjoint().replicas().rowBytes()).isEqualTo(2 * state);
            // At least the two hidden layers of the gated unit.
            assertThat(large.replicas().rowBytes()).isGreaterThanOrEqualTo(2 * Block.bytes(Type.F32, 4, 96));
            assertThat(large.adjoint().replicas().rowBytes()).isGreaterThanOrEqualTo(large.replicas().rowBytes());
            // The number belongs to the cell, not to the batch.
            try (CellMap other = shallow.plan(engine, 9, few)) {
                assertThat(other.replicas().rowBytes()).isEqualTo(state);
            }
        }
    }
}
