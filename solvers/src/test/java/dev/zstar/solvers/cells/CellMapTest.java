package dev.zstar.solvers.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.shapes.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Wrong calls of a map say so and change nothing; calls in any order have the results of the same calls in the usual one. */
class CellMapTest {
    private static final int BATCH = 4;
    private static final Cell CELL = Cell.of(Type.F32, Shape.tokens(3, 4), Shape.tokens(3, 5), (net, z, x) -> {
        Value h = net.rmsNorm("norm", z.plus(net.attention("attn", z, Heads.heads(2))).plus(net.linear("x", net.dropout(x, 0.3), 4)));
        return net.layerNorm("out", h.plus(net.product(net.weightNorm("w", 4, 4), h.gelu())));
    });

    private final Engine engine = Problems.engines().stream().filter(provider -> provider.name().equals("simd")).findFirst().orElseThrow()
            .create(1);
    private final Parameters parameters = CELL.parameters(3);
    private final Parameters sums = parameters.zerosLike();
    private final CellMap map = CELL.plan(engine, BATCH, parameters);
    private final Block z = Problems.random(Type.F32, BATCH, CELL.n(), 1, 1);
    private final Block x = Problems.random(Type.F32, BATCH, CELL.inputs(), 1, 2);
    private final Block u = Problems.random(Type.F32, BATCH, CELL.n(), 1, 3);
    private final Block c = Problems.random(Type.F32, BATCH, CELL.n(), 1, 4);
    private final Block out = Block.allocate(Type.F32, BATCH, CELL.n());
    private final Block dx = Block.allocate(Type.F32, BATCH, CELL.inputs());
    private final Rows all = new Rows(BATCH);

    @AfterEach
    void close() {
        map.close();
        parameters.close();
        sums.close();
        List.of(z, x, u, c, out, dx).forEach(Block::close);
        engine.close();
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatThrownBy(call).hasMessage(message);
    }

    private void refusesToShare(ThrowingCallable call, String one, String other) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(one + " (")
                .hasMessageContaining(other + " (").hasMessageEndingWith(") share memory, expected blocks that do not overlap");
    }

    @Test
    void blocksThatAreWrittenShareNoMemory() {
        map.inject(x);
        map.linearise(z, all);
        refusesToShare(() -> map.apply(z, z, all), "apply: z", "out");
        refusesToShare(() -> map.vjp(u, u, all), "vjp: u", "out");
        refusesToShare(() -> map.gradients(u, z, x, all, new CellGradients(sums, x)), "gradients: the gradient of x", "x");
        refusesToShare(() -> map.gradients(u, z, x, all, new CellGradients(parameters, dx)),
                "gradients: the gradient of attn.in_proj_weight",
                "the parameter of the map");
        try (Block other = Block.allocate(Type.F32, 4, 4)) {
            List<Block> twice = sums.descriptions().stream().map(p -> p.rows() == 4 && p.cols() == 4 ? other : sums.get(p.name()))
                    .toList();
            Parameters shared = Parameters.of(Type.F32, sums.descriptions(), twice);
            refusesToShare(() -> map.gradients(u, z, x, all, new CellGradients(shared, dx)), "the gradient of attn.out_proj.weight",
                    "the gradient of w_v");
        }
        refusesToShare(() -> second(dx, u), "secondGradients: the gradient of z", "u");
        refusesToShare(() -> second(dx, z), "secondGradients: the gradient of z", "z");
        Cell square = Cell.of(Type.F32, Shape.vector(12), (net, a, b) -> net.product(net.weight("w", 12, 12), a).plus(b));
        try (Parameters p = square.parameters(1); Parameters dp = p.zerosLike(); CellMap plain = square.plan(engine, BATCH, p)) {
            plain.inject(z);
            plain.linearise(z, all);
            refusesToShare(() -> plain.secondGradients(c, u, z, z, all, new CellGradients(dp, u), null),
                    "secondGradients: the gradient of x", "u");
            refusesToShare(() -> plain.secondGradients(c, u, z, z, all, new CellGradients(dp, out), out),
                    "secondGradients: the gradient of z", "the gradient of x");
        }
        assertThat(sums.blocks()).allSatisfy(block -> assertThat(block.toDoubles()).containsOnly(0));
    }

    private void second(Block sumX, Block dz) {
        map.secondGradients(c, u, z, x, all, new CellGradients(sums, sumX), dz);
    }

    @Test
    void nothingIsUsedAfterClose() {
        map.inject(x);
        map.linearise(z, all);
        map.close();
        CellGradients into = new CellGradients(sums, dx);
        refuses(() -> map.inject(x), "inject: this map was used after it was closed");
        refuses(() -> map.inject(1, x.head(1)), "inject: this map was used after it was closed");
        refuses(() -> map.apply(z, out, all), "apply: this map was used after it was closed");
        refuses(() -> map.linearise(z, all), "linearise: this map was used after it was closed");
        refuses(() -> map.vjp(u, out, all), "vjp: this map was used after it was closed");
        refuses(() -> map.jvp(u, out, all), "jvp: this map was used after it was closed");
        refuses(() -> map.gradients(u, z, x, all, into), "gradients: this map was used after it was closed");
        refuses(() -> map.secondGradients(c, u, z, x, all, into, null), "secondGradients: this map was used after it was closed");
        refuses(map::update, "update: this map was used after it was closed");
        refuses(map::restore, "restore: this map was used after it was closed");
        refuses(map::buffers, "buffers: this map was used after it was closed");
    }

    @Test
    void aBatchIsNotLargerThanBlocksCanBe() {
        refuses(() -> CELL.plan(engine, Integer.MAX_VALUE, parameters),
                "plan: the batch is 2147483647, expected at most 715827882 for values of 3 rows");
        refuses(() -> CELL.plan(engine, 0, parameters), "plan: the batch is 0, expected at least 1");
    }

    /** Rows are counted from 0; what is wrong is found before anything is moved. */
    @Test
    void wrongRowsAreRefused() {
        map.inject(x.head(3));
        refuses(() -> map.apply(z, out, all), "apply: row 3 of the batch has no input; "
                + "expected inject(x) with a row for it, or inject(row, x), and again after each update");
        refuses(() -> map.apply(z.head(2), out.head(2), Problems.rows(BATCH, 1, 1)),
                "apply: rows has row 1 at two positions, expected one for each row that is written");
        refuses(() -> map.apply(z.head(2), out.head(2), Problems.rows(9, 1, 7)), "apply: row 7 of the batch, expected 0 to 3");
        refuses(() -> map.vjp(u.head(1), out.head(1), Problems.rows(BATCH, 2)), "vjp: row 2 of the batch has no point of linearisation; "
                + "expected linearise(z, rows) with it, after the last update and inject");
        map.linearise(z.head(2), Problems.rows(BATCH, 2, 0));
        map.inject(2, x.head(1));
        map.vjp(u.head(1), out.head(1), Problems.rows(BATCH, 0));
        refuses(() -> map.vjp(u.head(1), out.head(1), Problems.rows(BATCH, 2)), "vjp: row 2 of the batch has no point of linearisation; "
                + "expected linearise(z, rows) with it, after the last update and inject");
        refuses(() -> map.gradients(u.head(1), z.head(1), x.head(1), Problems.rows(BATCH, 0), new CellGradients(sums, dx.head(0))),
                "gradients: row 0, expected none");
    }

    /** Whatever was called before, right or wrong, a row has the bits of a map of its own. */
    @Test
    void anyOrderOfCallsHasTheSameBits() {
        for (Keep keep : Keep.values()) {
            for (long seed = 0; seed < 20; seed++) {
                try (CellMap a = CELL.plan(engine, BATCH, parameters, keep, Format.BF16);
                        CellMap b = CELL.plan(engine, 1, parameters, keep, Format.BF16)) {
                    new Walk(a, b, seed).run(60);
                }
            }
        }
    }

    /** Random calls of a map, each followed by those of a map of one row, without dropout. */
    private final class Walk {
        final CellMap map;
        final CellMap alone;
        final Random random;
        final Block inputs = Block.allocate(Type.F32, BATCH, CELL.inputs());
        final Block points = Block.allocate(Type.F32, BATCH, CELL.n());
        final boolean[] hasInput = new boolean[BATCH];
        final boolean[] hasPoint = new boolean[BATCH];

        Walk(CellMap map, CellMap alone, long seed) {
            this.map = map;
            this.alone = alone;
            random = new Random(seed);
        }

        void run(int calls) {
            for (int i = 0; i < calls; i++) {
                call();
            }
            inputs.close();
            points.close();
        }

        private int[] some(boolean... from) {
            List<Integer> rows = new java.util.ArrayList<>();
            for (int b = 0; b < BATCH; b++) {
                if (from[b] && random.nextInt(3) > 0) {
                    rows.add(random.nextInt(rows.size() + 1), b);
                }
            }
            return rows.stream().mapToInt(Integer::intValue).toArray();
        }

        private Block random(int rows, int cols) {
            return Problems.random(Type.F32, rows, cols, 1, random.nextLong());
        }

        private void call() {
            switch (random.nextInt(9)) {
                case 0 -> injectSome();
                case 1, 2 -> injectOne();
                case 3 -> evaluate();
                case 4, 5 -> linearise();
                case 6, 7 -> differentiate();
                default -> fail();
            }
        }

        private void injectSome() {
            int count = random.nextInt(BATCH + 1);
            try (Block in = random(count, CELL.inputs())) {
                map.inject(in);
                for (int b = 0; b < BATCH; b++) {
                    hasInput[b] = b < count;
                    hasPoint[b] = false;
                    if (b < count) {
                        inputs.copyRow(in, b, b);
                    }
                }
            }
        }

        private void injectOne() {
            int row = random.nextInt(BATCH);
            try (Block in = random(1, CELL.inputs())) {
                map.inject(row, in);
                inputs.copyRow(in, 0, row);
            }
            hasInput[row] = true;
            hasPoint[row] = false;
        }

        private void evaluate() {
            int[] some = some(hasInput);
            Format format = random.nextBoolean() ? Format.FULL : Format.BF16;
            try (Block in = random(some.length, CELL.n()); Block value = Block.allocate(Type.F32, some.length, CELL.n())) {
                map.in(format).apply(in, value, Problems.rows(BATCH, some));
                for (int p = 0; p < some.length; p++) {
                    try (Block one = Problems.pick(in, p); Block expected = Block.allocate(Type.F32, 1, CELL.n())) {
                        prepare(some[p]);
                        alone.in(format).apply(one, expected, new Rows(1));
                        same(value, p, expected);
                    }
                }
            }
        }

        private void linearise() {
            int[] some = some(hasInput);
            try (Block in = random(some.length, CELL.n())) {
                map.linearise(in, Problems.rows(BATCH, some));
                Arrays.fill(hasPoint, false);
                for (int p = 0; p < some.length; p++) {
                    points.copyRow(in, p, some[p]);
                    hasPoint[some[p]] = true;
                }
            }
        }

        private void differentiate() {
            int[] some = some(hasPoint);
            Rows rows = Problems.rows(BATCH, some);
            Rows first = new Rows(1);
            try (Block in = random(some.length, CELL.n()); Block vjp = Block.allocate(Type.F32, some.length, CELL.n());
                    Block jvp = Block.allocate(Type.F32, some.length, CELL.n()); Block xs = Problems.pick(inputs, some);
                    Block zs = Problems.pick(points, some); Block sumX = Block.allocate(Type.F32, BATCH, CELL.inputs());
                    Block value = Block.allocate(Type.F32, 1, CELL.n()); Block ofX = Block.allocate(Type.F32, 1, CELL.inputs())) {
                map.vjp(in, vjp, rows);
                map.jvp(in, jvp, rows);
                map.gradients(in, zs, xs, rows, new CellGradients(sums, sumX));
                for (int p = 0; p < some.length; p++) {
                    try (Block one = Problems.pick(in, p); Block at = Problems.pick(zs, p); Block of = Problems.pick(xs, p)) {
                        prepare(some[p]);
                        alone.linearise(at, first);
                        alone.vjp(one, value, first);
                        same(vjp, p, value);
                        alone.jvp(one, value, first);
                        same(jvp, p, value);
                        ofX.fill(0);
                        alone.gradients(one, at, of, first, new CellGradients(sums, ofX));
                        same(sumX, some[p], ofX);
                    }
                }
            }
        }

        /** Calls that are refused. */
        private void fail() {
            assertThatThrownBy(() -> map.inject(null)).isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> map.inject(BATCH, x.head(1))).isInstanceOf(IndexOutOfBoundsException.class);
            Rows twice = Problems.rows(BATCH, 1, 1);
            assertThatThrownBy(() -> map.linearise(z.head(2), twice)).isInstanceOf(RuntimeException.class);
            assertThatThrownBy(() -> map.apply(z.head(2), out.head(2), twice)).isInstanceOf(RuntimeException.class);
            assertThatThrownBy(() -> map.vjp(z.head(2), out.head(2), twice)).isInstanceOf(RuntimeException.class);
            try (Block narrow = Block.allocate(Type.F32, BATCH, 1)) {
                assertThatThrownBy(() -> map.apply(narrow, out, all)).isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> map.inject(narrow)).isInstanceOf(IllegalArgumentException.class);
            }
        }

        private void prepare(int row) {
            try (Block in = Problems.pick(inputs, row)) {
                alone.inject(in);
            }
        }

        private void same(Block block, int row, Block expected) {
            try (Block actual = Problems.pick(block, row)) {
                assertThat(actual.toDoubles()).isEqualTo(expected.toDoubles());
            }
        }
    }

    /** Not even when parameters change, when rows get inputs of their own, and when a batch shrinks. */
    @Test
    void nothingIsAllocated() {
        Rows some = Problems.rows(BATCH, 3, 1);
        Rows one = Problems.rows(BATCH, 1);
        CellGradients both = new CellGradients(sums, dx);
        CellGradients onlyX = new CellGradients(null, dx);
        try (CellMap narrow = CELL.plan(engine, BATCH, parameters, Keep.POINT, Format.BF16);
                Block dz = Block.allocate(Type.F32, BATCH, CELL.n())) {
            CellMap[] maps = {map, narrow};
            long bytes = Problems.allocated(() -> {
                for (CellMap m : maps) {
                    m.update();
                    m.dropout(5);
                    m.inject(x);
                    m.inject(2, x.head(1));
                    m.apply(z, out, all);
                    m.linearise(z.head(2), some);
                    m.vjp(u.head(2), out.head(2), some);
                    m.gradients(u.head(2), z.head(2), x.head(2), some, both);
                    m.gradients(u.head(2), z.head(2), x.head(2), some, onlyX);
                    m.secondGradients(c.head(2), u.head(2), z.head(2), x.head(2), some, both, dz);
                    m.noDropout();
                    m.inject(x.head(3));
                    m.restore();
                    m.inject(x.head(2));
                }
                narrow.in(Format.BF16).apply(z.head(1), out.head(1), one);
                sums.clear();
            });
            assertThat(bytes).isZero();
        }
    }

    /** As from a file: the bits are those of a map that was planned with these values, so the norms are bounded as well. */
    @Test
    void otherValuesAreReadAsInANewPlan() {
        Cell cell = Cell.of(Type.F32, Shape.vector(9), Shape.vector(5), (net, a, b) ->
                net.product(net.spectralNorm("w", 9, 9, 0.5), a).plus(net.product(net.weightNorm("u", 9, 5), b)));
        try (Parameters values = cell.parameters(1);
                Parameters others = cell.parameters(2);
                Block state = Problems.random(Type.F32, 2, 9, 1, 3);
                Block input = Problems.random(Type.F32, 2, 5, 1, 4);
                Block first = engine.allocate(Type.F32, 2, 9);
                Block second = engine.allocate(Type.F32, 2, 9);
                CellMap planned = cell.plan(engine, 2, others);
                CellMap updated = cell.plan(engine, 2, values)) {
            values.copyFrom(others);
            updated.update();
            planned.inject(input);
            planned.apply(state, first, new Rows(2));
            updated.inject(input);
            updated.apply(state, second, new Rows(2));
            assertThat(second.toDoubles()).isEqualTo(first.toDoubles());
        }
    }

    /** NaN and infinities of a row stay in that row. */
    @Test
    void rowsThatAreNotFiniteTouchNoOther() {
        Rows rows = new Rows(BATCH);
        for (Cell cell : SampleCells.of(Type.F32)) {
            for (EngineProvider provider : Problems.engines()) {
                try (Engine own = provider.create(2); Parameters p = cell.parameters(1); CellMap m = cell.plan(own, BATCH, p);
                        Block state = Problems.random(Type.F32, BATCH, cell.n(), 1, 5);
                        Block input = Problems.random(Type.F32, BATCH, cell.inputs(), 1, 6);
                        Block value = Block.allocate(Type.F32, BATCH, cell.n())) {
                    double[][] expected = results(m, state, input, value, rows);
                    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, 3e38, 1e-45}) {
                        for (int j = 0; j < cell.n(); j++) {
                            state.set(2, j, bad);
                        }
                        for (int j = 0; j < cell.inputs(); j++) {
                            input.set(2, j, -bad);
                        }
                        double[][] actual = results(m, state, input, value, rows);
                        for (int b : new int[] {0, 1, 3}) {
                            assertThat(actual[b]).as("row %d with %s in another, %s: %s", b, bad, own, cell).isEqualTo(expected[b]);
                        }
                    }
                }
            }
        }
    }

    private static double[][] results(CellMap m, Block state, Block input, Block value, Rows rows) {
        int n = m.n();
        double[][] results = new double[BATCH][3 * n];
        m.inject(input);
        m.apply(state, value, rows);
        put(value, results, 0);
        m.linearise(state, rows);
        m.vjp(state, value, rows);
        put(value, results, n);
        m.jvp(state, value, rows);
        put(value, results, 2 * n);
        return results;
    }

    private static void put(Block value, double[][] results, int at) {
        for (int b = 0; b < BATCH; b++) {
            for (int j = 0; j < value.cols(); j++) {
                results[b][at + j] = value.get(b, j);
            }
        }
    }
}
