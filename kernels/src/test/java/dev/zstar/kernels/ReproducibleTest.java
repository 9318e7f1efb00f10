package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An engine whose {@link Engine#reproducible} is true gives the same bits. */
class ReproducibleTest {
    private static final int ROWS = 70;
    private static final int N = 131;
    private static final Map<String, Boolean> PROMISES = Map.of("scalar", true, "simd", true);

    @ParameterizedTest
    @EnumSource(Type.class)
    void aReproducibleEngineGivesARowTheSameBitsInEveryRunBatchAndTeam(Type type) {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Engine team = provider.create(3);
                    Block w = Reference.random(type, N, N, 1);
                    Block z = Reference.random(type, ROWS, N, 2);
                    Block vectors = Reference.random(type, 2 * ROWS, N, 3)) {
                assertThat(engine.reproducible()).as(provider.name()).isEqualTo(PROMISES.get(provider.name()));
                assertThat(team.reproducible()).as(provider.name()).isEqualTo(engine.reproducible());
                double[][] all = results(engine, w, z, vectors, 0, ROWS);
                double[][] again = results(engine, w, z, vectors, 0, ROWS);
                double[][] shared = results(team, w, z, vectors, 0, ROWS);
                for (int p = 0; p < ROWS; p++) {
                    assertThat(again[p]).as("row %d, again", p).containsExactly(all[p]);
                    assertThat(shared[p]).as("row %d, by a team", p).containsExactly(all[p]);
                    assertThat(results(team, w, z, vectors, p, 1)[0]).as("row %d, alone", p).containsExactly(all[p]);
                }
            }
        }
    }

    /** What a step of a solve computes for each row: a product with its epilogue, sums, and a projection. */
    private static double[][] results(Engine engine, Block w, Block z, Block vectors, int first, int count) {
        try (Weights packed = engine.pack(w);
                Block rows = Block.allocate(z.type(), count, N);
                Block out = Block.allocate(z.type(), count, N);
                Basis basis = Basis.allocate(engine, z.type(), count, 2, N)) {
            for (int p = 0; p < count; p++) {
                rows.copyRow(z, first + p, p);
                basis.block().copyRow(vectors, 2 * (first + p), 2 * p);
                basis.block().copyRow(vectors, 2 * (first + p) + 1, 2 * p + 1);
            }
            double[] dots = new double[count];
            double[] norms = new double[count];
            double[] projections = new double[2 * count];
            engine.apply(packed, rows, out, Epilogue.of(null, Activation.TANH));
            engine.dot(out, rows, dots);
            engine.norm(out, norms);
            double[] products = out.toDoubles();
            engine.project(basis, 2, out, new Rows(count), projections, null);
            double[][] results = new double[count][N + 4];
            for (int p = 0; p < count; p++) {
                System.arraycopy(products, p * N, results[p], 0, N);
                results[p][N] = dots[p];
                results[p][N + 1] = norms[p];
                results[p][N + 2] = projections[2 * p];
                results[p][N + 3] = projections[2 * p + 1];
            }
            return results;
        }
    }
}
