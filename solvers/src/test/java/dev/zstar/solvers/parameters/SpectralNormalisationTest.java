package dev.zstar.solvers.parameters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Problems;
import org.junit.jupiter.api.Test;

/** Against singular values that are known, and central differences. */
class SpectralNormalisationTest {
    @Test
    void theLargestSingularValueIsBoundedAndSmallerMatricesAreLeftAlone() {
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                try (Engine engine = provider.create(2);
                        Block v = Problems.symmetric(type, 13, 3, 1);
                        Block w = engine.allocate(type, 13, 13);
                        SpectralNormalisation norm = new SpectralNormalisation(engine, type, 13, 13, 0.9, 1)) {
                    norm.apply(v, w, 400);
                    assertThat(norm.sigma()).isCloseTo(3, within(1e-4));
                    for (int i = 0; i < 13; i++) {
                        assertThat(w.get(i, 5)).isCloseTo(0.3 * v.get(i, 5), within(1e-4));
                    }
                    // In place, and now within the limit: nothing changes.
                    double[] before = w.toDoubles();
                    engine.scale(0.99, w);
                    norm.apply(w, w, 400);
                    for (int i = 0; i < before.length; i++) {
                        assertThat(w.get(i / 13, i % 13)).isCloseTo(0.99 * before[i], within(1e-6));
                    }
                    assertThat(norm.bytes()).isEqualTo(2 * Block.bytes(type, 1, 13));
                }
            }
        }
    }

    @Test
    void theGradientEqualsCentralDifferencesAlsoOfRectangles() {
        for (double limit : new double[] {0.7, 100}) {
            try (Engine engine = Engines.best(1);
                    Block v = Problems.random(Type.F64, 5, 8, 1, 1);
                    Block w = engine.allocate(Type.F64, 5, 8);
                    Block g = Problems.random(Type.F64, 5, 8, 1, 2);
                    Block dv = engine.allocate(Type.F64, 5, 8);
                    SpectralNormalisation norm = new SpectralNormalisation(engine, Type.F64, 5, 8, limit, 1)) {
                norm.apply(v, w, 2000);
                dv.copyFrom(g);
                norm.vjp(w, dv, dv);
                double h = 1e-5;
                for (int i = 0; i < 5; i++) {
                    for (int j = 0; j < 8; j++) {
                        double old = v.get(i, j);
                        v.set(i, j, old + h);
                        double up = loss(engine, norm, v, w, g);
                        v.set(i, j, old - h);
                        double down = loss(engine, norm, v, w, g);
                        v.set(i, j, old);
                        assertThat(dv.get(i, j)).isCloseTo((up - down) / (2 * h), within(1e-7));
                    }
                }
            }
        }
    }

    private static double loss(Engine engine, SpectralNormalisation norm, Block v, Block w, Block g) {
        norm.apply(v, w, 500);
        double[] rows = new double[w.rows()];
        engine.dot(w, g, rows);
        double sum = 0;
        for (double row : rows) {
            sum += row;
        }
        return sum;
    }

    /** The vectors of the last matrix are singular vectors of the next, too, but of its smaller singular value. */
    @Test
    void anotherMatrixIsNormalisedLikeTheFirst() {
        for (EngineProvider provider : Problems.engines()) {
            for (Type type : Type.values()) {
                try (Engine engine = provider.create(1);
                        Block first = engine.allocate(type, 7, 5);
                        Block second = engine.allocate(type, 7, 5);
                        Block third = Problems.random(type, 7, 5, 1, 3);
                        Block w = engine.allocate(type, 7, 5);
                        Block expected = engine.allocate(type, 7, 5);
                        SpectralNormalisation norm = new SpectralNormalisation(engine, type, 7, 5, 0.9, 1)) {
                    first.set(0, 0, 3);
                    second.set(0, 0, 3);
                    second.set(1, 1, 6);
                    norm.update(first, w);
                    assertThat(norm.sigma()).isCloseTo(3, within(1e-5));
                    norm.update(second, w);
                    assertThat(norm.sigma()).isCloseTo(6, within(1e-5));
                    norm.update(third, w);
                    try (SpectralNormalisation fresh = new SpectralNormalisation(engine, type, 7, 5, 0.9, 1)) {
                        fresh.apply(third, expected, 50);
                    }
                    assertThat(w.toDoubles()).isEqualTo(expected.toDoubles());
                    assertThat(Problems.allocated(() -> {
                        norm.update(second, w);
                        norm.update(third, w);
                    })).isZero();
                }
            }
        }
    }

    /** A step of an optimiser takes one step; a change along one direction, which no row shows, as many as it needs. */
    @Test
    void aChangeTakesTheStepsThatItNeeds() {
        int n = 100;
        try (Engine engine = Engines.best(1);
                Block v = Problems.random(Type.F64, n, n, 1, 1);
                Block change = Problems.random(Type.F64, n, n, 1e-4, 2);
                Block a = engine.allocate(Type.F64, 1, n);
                Block w = engine.allocate(Type.F64, n, n);
                Block expected = engine.allocate(Type.F64, n, n);
                SpectralNormalisation norm = new SpectralNormalisation(engine, Type.F64, n, n, 0.9, 1);
                SpectralNormalisation other = new SpectralNormalisation(engine, Type.F64, n, n, 0.9, 1)) {
            norm.update(v, w);
            norm.apply(v, w, 400);
            other.apply(v, expected, 50);
            other.apply(v, expected, 400);
            engine.axpy(1, change, v);
            norm.update(v, w);
            other.apply(v, expected, 1);
            assertThat(w.toDoubles()).isEqualTo(expected.toDoubles());
            double before = norm.sigma();
            a.fill(1);
            engine.gemm(1.5 * before / n, a, true, a, false, 1, v);
            norm.update(v, w);
            other.apply(v, expected, 1000);
            assertThat(other.sigma()).isGreaterThan(1.2 * before);
            assertThat(norm.sigma()).isCloseTo(other.sigma(), within(1e-3 * other.sigma()));
        }
    }

    @Test
    void zerosAndWrongUse() {
        try (Engine engine = Engines.best(1);
                Block v = engine.allocate(Type.F64, 3, 4);
                Block w = engine.allocate(Type.F64, 3, 4);
                SpectralNormalisation norm = new SpectralNormalisation(engine, Type.F64, 3, 4, 1, 1)) {
            assertThatThrownBy(() -> norm.vjp(v, w, w)).hasMessage("vjp: σ is not known yet, expected a call of apply first");
            assertThatThrownBy(() -> norm.update(v, v)).hasMessageContaining("share memory");
            norm.update(v, w);
            norm.update(v, w);
            assertThat(norm.sigma()).isZero();
            norm.apply(v, w, 3);
            assertThat(norm.sigma()).isZero();
            assertThat(w.toDoubles()).containsOnly(0);
            assertThatThrownBy(() -> norm.apply(w.head(2), w, 1)).hasMessage("apply: V is 2×4 f64, expected 3×4 f64");
            assertThatThrownBy(() -> new SpectralNormalisation(engine, Type.F64, 3, 4, 0, 1))
                    .hasMessageContaining("expected a finite number above 0");
            v.set(1, 1, 2);
            norm.apply(v, w, 1);
            assertThat(norm.sigma()).as("after zeros").isCloseTo(2, within(1e-12));
            assertThat(Problems.allocated(() -> {
                norm.apply(v, w, 1);
                norm.vjp(w, v, v);
            })).isZero();
        }
    }

    @Test
    void aPowerIterationNamesItsOwnMethod() {
        try (Engine engine = Engines.best(1);
                PowerIteration power = new PowerIteration(engine, Type.F64, 3, 4, 1);
                Block v = engine.allocate(Type.F64, 3, 4)) {
            assertThatThrownBy(() -> power.run(null, 1)).isInstanceOf(NullPointerException.class).hasMessage("run: V is null");
            assertThatThrownBy(() -> power.run(v.head(2), 1)).hasMessage("run: V is 2×4 f64, expected 3×4 f64");
            assertThatThrownBy(() -> power.run(v, 0)).hasMessage("run: the number of iterations is 0, expected at least 1");
            assertThatThrownBy(() -> power.again(v.head(2))).hasMessage("again: V is 2×4 f64, expected 3×4 f64");
            v.set(1, 2, Double.NaN);
            assertThatThrownBy(() -> power.run(v, 1))
                    .hasMessage("run: V holds NaN in row 1, column 2, expected a finite number in every element");
        }
    }
}
