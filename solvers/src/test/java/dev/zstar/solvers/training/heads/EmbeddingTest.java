package dev.zstar.solvers.training.heads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import dev.zstar.solvers.parameters.Parameters;
import org.junit.jupiter.api.Test;

/** Rows of a table by symbols, and the sums of their gradients. */
class EmbeddingTest {
    private static final int SYMBOLS = 5;
    private static final int WIDTH = 19;
    private static final int[] IDS = {4, 0, 4, 2, 4, 0, 99};
    private static final int ROWS = 6;

    @Test
    void itIsTheProductWithOneHotRows() {
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                try (Engine engine = provider.create(2);
                        Parameters values = Parameters.initial(type, Embedding.descriptions("symbols", SYMBOLS, WIDTH), 1);
                        Parameters sum = values.zerosLike();
                        Block x = engine.allocate(type, ROWS, WIDTH);
                        Block dx = Problems.random(type, ROWS, WIDTH, 1, 3)) {
                    Embedding embedding = new Embedding(engine, "symbols", values);
                    embedding.apply(IDS, x);
                    sum.get("symbols.weight").fill(1);
                    embedding.gradients(IDS, dx, sum);
                    for (int j = 0; j < WIDTH; j++) {
                        double[] expected = {1, 1, 1, 1, 1};
                        for (int p = 0; p < ROWS; p++) {
                            assertThat(x.get(p, j)).isEqualTo(values.get("symbols.weight").get(IDS[p], j));
                            // Each addition rounds once, in the order of the rows.
                            double total = expected[IDS[p]] + dx.get(p, j);
                            expected[IDS[p]] = type == Type.F32 ? (float) total : total;
                        }
                        for (int s = 0; s < SYMBOLS; s++) {
                            assertThat(sum.get("symbols.weight").get(s, j)).isEqualTo(expected[s]);
                        }
                    }
                }
            }
        }
    }

    @Test
    void tokensAreRowsOfTheFoldedInput() {
        try (Engine engine = Problems.engines().getFirst().create(1);
                Parameters values = Parameters.initial(Type.F32, Embedding.descriptions("symbols", SYMBOLS, 16), 1);
                Block x = engine.allocate(Type.F32, 2, 3 * 16)) {
            new Embedding(engine, "symbols", values).apply(IDS, x.folded(3));
            assertThat(x.get(1, 2 * 16 + 7)).isEqualTo(values.get("symbols.weight").get(0, 7));
        }
    }

    @Test
    void nothingIsAllocated() {
        int rows = 300;
        int[] ids = new int[rows];
        for (int p = 0; p < rows; p++) {
            ids[p] = p * p % SYMBOLS;
        }
        for (EngineProvider provider : Problems.engines()) {
            try (Engine engine = provider.create(1);
                    Parameters values = Parameters.initial(Type.F32, Embedding.descriptions("symbols", SYMBOLS, 65), 1);
                    Parameters sum = values.zerosLike();
                    Block x = engine.allocate(Type.F32, rows, 65)) {
                Embedding embedding = new Embedding(engine, "symbols", values);
                assertThat(Problems.allocated(() -> {
                    embedding.apply(ids, x);
                    embedding.gradients(ids, x, sum);
                })).isZero();
            }
        }
    }

    @Test
    void wrongCallsSaySo() {
        try (Engine engine = Problems.engines().getFirst().create(1);
                Parameters values = Parameters.initial(Type.F32, Embedding.descriptions("symbols", SYMBOLS, WIDTH), 1);
                Block x = engine.allocate(Type.F32, 2, WIDTH);
                Block narrow = engine.allocate(Type.F32, 2, WIDTH - 1)) {
            Embedding embedding = new Embedding(engine, "symbols", values);
            assertThatThrownBy(() -> embedding.apply(new int[] {0, 5}, x)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("apply: the symbol of row 1 is 5, expected 0 to 4");
            assertThatThrownBy(() -> embedding.gradients(new int[] {-1, 0}, x, values)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("gradients: the symbol of row 0 is -1, expected 0 to 4");
            assertThatThrownBy(() -> embedding.apply(new int[1], x)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("apply: the number of symbols is 1, expected at least 2, one for each row");
            assertThatThrownBy(() -> embedding.apply(new int[2], narrow)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("apply: x is 2×18 f32, expected 2×19 f32");
            assertThatThrownBy(() -> embedding.apply(new int[SYMBOLS], values.get("symbols.weight")))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("share memory");
            assertThatThrownBy(() -> embedding.apply(null, x)).isInstanceOf(NullPointerException.class)
                    .hasMessage("apply: the array of symbols is null");
            assertThatThrownBy(() -> embedding.gradients(new int[2], x, null)).isInstanceOf(NullPointerException.class)
                    .hasMessage("gradients: the record of gradients is null");
            assertThatThrownBy(() -> new Embedding(engine, "other", values)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("other.weight");
        }
    }
}
