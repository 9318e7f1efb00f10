package dev.zstar.solvers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Activation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.MixedPrecision;
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import dev.zstar.solvers.implicit.EquilibriumLayer;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.MultiSecant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A map that wraps another loses neither its derivatives nor its cheap approximation. */
class WrappedMapsTest {
    private static final int N = 24;
    private static final int INPUTS = 3;
    private static final int BATCH = 3;

    /** A cell whose calls are counted. */
    private static final class Counted implements EquilibriumMap<DenseCell.Gradients> {
        final DenseCell cell;
        int values;
        int derivatives;

        Counted(DenseCell cell) {
            this.cell = cell;
        }

        @Override
        public void apply(Block z, Block out, Rows rows) {
            values++;
            cell.apply(z, out, rows);
        }

        @Override
        public FixedPointMap approximation() {
            return cell.approximation();
        }

        @Override
        public void linearise(Block z, Rows rows) {
            derivatives++;
            cell.linearise(z, rows);
        }

        @Override
        public void vjp(Block u, Block out, Rows rows) {
            derivatives++;
            cell.vjp(u, out, rows);
        }

        @Override
        public void jvp(Block v, Block out, Rows rows) {
            derivatives++;
            cell.jvp(v, out, rows);
        }

        @Override
        public void inject(Block x) {
            cell.inject(x);
        }

        @Override
        public void gradients(Block v, Block z, Block x, Rows rows, DenseCell.Gradients sum) {
            cell.gradients(v, z, x, rows, sum);
        }
    }

    private static DenseCell cell(Engine engine) {
        try (Block w = Problems.symmetric(Type.F32, N, 0.9, 1);
                Block u = Problems.random(Type.F32, N, INPUTS, 1, 2);
                Block b = Problems.random(Type.F32, 1, N, 0.1, 3);
                Block x = Problems.random(Type.F32, BATCH, INPUTS, 1, 4)) {
            DenseCell cell = new DenseCell(engine, Activation.TANH, w, u, b, BATCH, Format.BF16);
            cell.inject(x);
            return cell;
        }
    }

    private static final Stopping STOPPING = Stopping.relative(1e-5);

    /**
     * Newton's method evaluates f once a step, and takes derivatives from the map, in whatever it is wrapped; with differences every
     * product is an f.
     */
    @Test
    void newtonsMethodTakesTheDerivativesOfWhatIsWrapped() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = cell(engine);
                Block z = engine.allocate(Type.F32, BATCH, N);
                MultiSecant secants = MultiSecant.plan(engine, Type.F32, BATCH, N, 10);
                NewtonKrylov newton = NewtonKrylov.plan(engine, Type.F32, BATCH, N, NewtonKrylov.Options.DEFAULT, STOPPING)) {
            Counted plain = new Counted(cell);
            assertThat(newton.solve(plain, z).succeeded()).isTrue();
            assertThat(plain.derivatives).isGreaterThan(plain.values);
            double[] expected = z.toDoubles();
            Counted counted = new Counted(cell);
            for (FixedPointMap wrapped : List.of(new ApproximatedMap(counted, cell.in(Format.BF16)), secants.follow(counted),
                    new ApproximatedMap(secants, cell.in(Format.BF16)))) {
                counted.values = 0;
                counted.derivatives = 0;
                secants.follow(counted);
                z.fill(0);
                newton.solve(wrapped, z);
                assertThat(z.toDoubles()).as("%s", wrapped.getClass()).isEqualTo(expected);
                assertThat(counted.values).as("%s", wrapped.getClass()).isEqualTo(plain.values);
                assertThat(counted.derivatives).as("%s", wrapped.getClass()).isEqualTo(plain.derivatives);
            }
        }
    }

    /** If the map that scales a row of extreme size lost the number, the other rows of its batch would take other steps. */
    @Test
    void theOperationsOfARowAreThoseOfWhatIsWrapped() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = cell(engine);
                MultiSecant secants = MultiSecant.plan(engine, Type.F32, BATCH, N, 10);
                FiniteDifferences differences = new FiniteDifferences(engine, Type.F32, BATCH, N, cell)) {
            // The product, and an activation of less than 50 operations.
            assertThat(cell.rowOperations()).isBetween(2.0 * N * N, 2.0 * N * N + 50 * N);
            FixedPointMap reentrant = FixedPointMap.reentrant(cell);
            for (FixedPointMap wrapped : List.of(cell.in(Format.BF16), new ApproximatedMap(cell, cell.in(Format.BF16)),
                    secants.follow(cell), reentrant, reentrant.replicas().replica(0, 1), cell.replicas().replica(0, 1), differences)) {
                assertThat(wrapped.rowOperations()).as("%s", wrapped.getClass()).isEqualTo(cell.rowOperations());
            }
            FixedPointMap unknown = (z, out, rows) -> out.copyFrom(z);
            assertThat(unknown.rowOperations()).isInfinite();
        }
    }

    /** A cell has memory of its own, so threads that called it as if it had none would get wrong values. */
    @Test
    void whatHasReplicasIsAlreadyReentrant() {
        try (Engine engine = Engines.best(1); DenseCell cell = cell(engine)) {
            assertThat(FixedPointMap.reentrant(cell)).isSameAs(cell);
            assertThat(LinearOperator.reentrant(cell.adjoint())).isSameAs(cell.adjoint());
            FixedPointMap reentrant = FixedPointMap.reentrant((z, out, rows) -> out.copyFrom(z));
            assertThat(FixedPointMap.reentrant(reentrant)).isSameAs(reentrant);
            LinearOperator shared = LinearOperator.reentrant((u, out, rows) -> out.copyFrom(u));
            assertThat(LinearOperator.reentrant(shared)).isSameAs(shared);
        }
    }

    @Test
    void mixedPrecisionHasItsCheapMapInALayerOfAnyMode() {
        for (GradientMode mode : List.of(GradientMode.DEFAULT, new GradientMode.Refined(10, 20, Stopping.relative(1e-4)))) {
            try (Engine engine = Engines.best(1);
                    DenseCell cell = cell(engine);
                    Block x = Problems.random(Type.F32, BATCH, INPUTS, 1, 4);
                    Block z = engine.allocate(Type.F32, BATCH, N);
                    Block g = Problems.random(Type.F32, BATCH, N, 1, 5);
                    Block dw = engine.allocate(Type.F32, N, N);
                    MixedPrecision mixed = MixedPrecision.plan(engine, Type.F32, BATCH, N, MixedPrecision.Options.DEFAULT, STOPPING)) {
                Counted counted = new Counted(cell);
                try (var layer = EquilibriumLayer.plan(engine, Type.F32, BATCH, N, counted, mixed, mode)) {
                    assertThat(layer.forward(x, z).succeeded()).isTrue();
                    assertThat(mixed.cheapEvaluations()).as("%s", mode).isGreaterThan(counted.values);
                    assertThat(counted.values).as("%s", mode).isLessThanOrEqualTo(6);
                    assertThat(layer.backward(g, new DenseCell.Gradients(dw, null, null, null)).succeeded()).isTrue();
                }
            }
        }
    }

    /** What a driven method spends on derivatives is the row's, as are its differences. */
    @Test
    void derivativesWithinMixedPrecisionAreUsedAndCounted() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = cell(engine);
                Block z = engine.allocate(Type.F32, BATCH, N);
                MixedPrecision mixed = MixedPrecision.plan(engine, Type.F32, BATCH, N, MixedPrecision.Options.DEFAULT,
                        (e, t, b, n, within) -> NewtonKrylov.plan(e, t, b, n, NewtonKrylov.Options.DEFAULT, within), STOPPING)) {
            Counted exact = new Counted(cell);
            FixedPointMap alone = (at, out, rows) -> exact.apply(at, out, rows);
            FixedPointMap withDerivatives = new FixedPointMap() {
                @Override
                public void apply(Block at, Block out, Rows rows) {
                    exact.apply(at, out, rows);
                }

                @Override
                public DifferentiableMap derivatives() {
                    return exact;
                }
            };
            Outcome byDifferences = mixed.solve(alone, z);
            assertThat(byDifferences.succeeded()).isTrue();
            assertThat(exact.values).isEqualTo(byDifferences.evaluations());
            exact.values = 0;
            z.fill(0);
            Outcome byDerivatives = mixed.solve(withDerivatives, z);
            assertThat(byDerivatives.succeeded()).isTrue();
            assertThat(exact.derivatives).isPositive();
            assertThat(exact.values + exact.derivatives).isEqualTo(byDerivatives.evaluations());
            // The same for the cheap map: f itself, for which the first correction is the answer.
            exact.values = 0;
            exact.derivatives = 0;
            z.fill(0);
            FixedPointMap once = (at, out, rows) -> cell.apply(at, out, rows);
            assertThat(mixed.solve(once, withDerivatives, z).succeeded()).isTrue();
            assertThat(exact.derivatives).isPositive();
            assertThat(exact.values + exact.derivatives).isEqualTo(mixed.cheapEvaluations());
        }
    }

    /** A wrapper that does more than to compute the same values must see every call, so it has no replicas. */
    @Test
    void onlyMapsThatComputeTheSameValuesPassOnReplicas() {
        try (Engine engine = Engines.best(1);
                DenseCell cell = cell(engine);
                FiniteDifferences differences = new FiniteDifferences(engine, Type.F32, BATCH, N, cell);
                MultiSecant secants = MultiSecant.plan(engine, Type.F32, BATCH, N, 10)) {
            ReplicatedMap replicas = cell.replicas();
            assertThat(replicas).isNotNull();
            assertThat(new ApproximatedMap(cell, cell.in(Format.BF16)).replicas()).isSameAs(replicas);
            assertThat(differences.replicas()).isSameAs(replicas);
            // Its Jacobian is computed in memory of its own.
            assertThat(differences.adjoint().replicas()).isNull();
            assertThat(secants.follow(cell).replicas()).isNull();
            assertThat(new Counted(cell).replicas()).isNull();
            assertThat(new Counted(cell).adjoint().replicas()).isNull();
            assertThat(cell.in(Format.BF16).replicas()).isNull();
            assertThat(FixedPointMap.rowwise((row, z, out) -> { }).replicas()).isNull();
            assertThat(cell.adjoint().replicas()).isNotNull();
            assertThat(cell.adjoint()).isSameAs(cell.adjoint());
            assertThat(LinearOperator.of(cell.adjoint(), cell.adjoint()).replicas()).isNull();
        }
    }

    @Test
    void aCellWithoutNarrowerWeightsHasNoApproximation() {
        try (Engine engine = Engines.best(1);
                DenseCell plain = Problems.cell(engine, Activation.TANH, Type.F32, N, BATCH, 0.9, 1);
                DenseCell narrow = cell(engine)) {
            assertThat(plain.approximation()).isNull();
            assertThat(plain.derivatives()).isSameAs(plain);
            assertThat(narrow.approximation()).isSameAs(narrow.in(Format.BF16));
            FixedPointMap lambda = (z, out, rows) -> {};
            assertThat(lambda.derivatives()).isNull();
            assertThat(new ApproximatedMap(plain, lambda).derivatives()).isSameAs(plain);
            assertThat(new ApproximatedMap(lambda, narrow).derivatives()).isNull();
        }
    }
}
