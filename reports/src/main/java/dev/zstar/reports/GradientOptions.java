package dev.zstar.reports;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.LinearFixedPoint;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.linear.BiCgStab;
import dev.zstar.solvers.linear.Gmres;
import dev.zstar.solvers.linear.LinearSolver;
import dev.zstar.solvers.linear.RecycledGmres;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** How the gradient is computed: a linear solver for the adjoint, or one of the modes of a layer. */
final class GradientOptions {
    /** Steps of a cycle of GMRES. */
    static final int GMRES_STEPS = 20;

    /** The linear solvers that need only products with Jᵀ. */
    enum LinearName {
        GMRES,
        RECYCLED_GMRES,
        BICGSTAB,
        ANDERSON,
        BROYDEN,
        PICARD;

        @Override
        public String toString() {
            return spelled(this);
        }
    }

    /** The gradient modes. */
    enum ModeName {
        EXACT,
        REFINED,
        BROYDEN_INVERSE,
        JACOBIAN_FREE,
        NEUMANN,
        PHANTOM,
        UNROLLED,
        CHECKPOINTED,
        REVERSIBLE;

        /** The number of steps if none is given; 0 if the mode has none. */
        int steps() {
            return switch (this) {
                case EXACT, REFINED, BROYDEN_INVERSE, JACOBIAN_FREE -> 0;
                case NEUMANN, PHANTOM -> 5;
                case UNROLLED, CHECKPOINTED -> 24;
                case REVERSIBLE -> 12;
            };
        }

        @Override
        public String toString() {
            return spelled(this);
        }
    }

    private static String spelled(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Converts the names of linear solvers. */
    static final class LinearConverter implements CommandLine.ITypeConverter<LinearName> {
        @Override
        public LinearName convert(String name) {
            return MethodOptions.named(name, List.of(LinearName.values()));
        }
    }

    /** Converts the names of gradient modes. */
    static final class ModeConverter implements CommandLine.ITypeConverter<ModeName> {
        @Override
        public ModeName convert(String name) {
            return MethodOptions.named(name, List.of(ModeName.values()));
        }
    }

    @Option(names = "--linear-solver", paramLabel = "METHOD", converter = LinearConverter.class,
            description = "For the adjoint: ${COMPLETION-CANDIDATES} (default: gmres).")
    private LinearName linear;

    @Option(names = "--gradient", paramLabel = "MODE", converter = ModeConverter.class,
            description = "Backward pass of a layer, compared with the exact gradient: ${COMPLETION-CANDIDATES}.")
    private ModeName mode;

    @Option(names = "--steps", paramLabel = "K",
            description = "neumann, phantom, unrolled, checkpointed, reversible: number of steps (default: 5, 5, 24, 24, 12).")
    private Integer steps;

    /** Throws if a value is out of range, or would have no effect. */
    void check(MethodOptions method) {
        if (steps != null && (mode == null || mode.steps() == 0)) {
            throw new IllegalArgumentException("--steps " + steps + (mode == null ? " without --gradient" : " with --gradient " + mode)
                    + "; expected --gradient neumann, phantom, unrolled, checkpointed or reversible");
        }
        if (steps != null) {
            Limits.requireAtLeast("--steps", steps, 1);
        }
        if (linear != null && mode != null && mode != ModeName.EXACT) {
            throw new IllegalArgumentException("--linear-solver " + linear + " with --gradient " + mode
                    + "; expected --gradient exact, the only mode that uses it");
        }
        if (mode == ModeName.BROYDEN_INVERSE && !method.isBroyden()) {
            throw new IllegalArgumentException(
                    "--gradient " + mode + " with --solver " + method + "; expected --solver broyden, whose inverse it uses");
        }
    }

    /** Whether a mode of a layer was asked for, instead of the adjoint alone. */
    boolean hasMode() {
        return mode != null;
    }

    /** The mode. */
    GradientMode mode(Stopping until) {
        int k = steps();
        return switch (mode) {
            case EXACT -> new GradientMode.Exact((engine, type, batch, n) -> linear(engine, batch, n, until));
            case REFINED -> new GradientMode.Refined(GMRES_STEPS, GMRES_STEPS, until);
            case BROYDEN_INVERSE -> new GradientMode.BroydenInverse();
            case JACOBIAN_FREE -> new GradientMode.JacobianFree();
            case NEUMANN -> new GradientMode.NeumannSeries(k);
            case PHANTOM -> new GradientMode.Phantom(k, 0.5);
            case UNROLLED -> new GradientMode.Unrolled(k);
            case CHECKPOINTED -> new GradientMode.Checkpointed(k);
            case REVERSIBLE -> new GradientMode.Reversible(k, 0.5);
        };
    }

    /** The mode in words, such as {@code neumann(5)}. */
    String modeName() {
        return mode == ModeName.EXACT ? mode + " by " + linearName() : mode.steps() == 0 ? mode.toString() : mode + "(" + steps() + ")";
    }

    private int steps() {
        return steps == null ? mode.steps() : steps;
    }

    /** Plans the linear solver for {@code batch} rows of {@code n} f32 elements. */
    LinearSolver linear(Engine engine, int batch, int n, Stopping until) {
        return switch (linear == null ? LinearName.GMRES : linear) {
            case GMRES -> Gmres.plan(engine, Type.F32, batch, n, GMRES_STEPS, until);
            case RECYCLED_GMRES -> RecycledGmres.plan(engine, Type.F32, batch, n, RecycledGmres.Options.DEFAULT, until);
            case BICGSTAB -> BiCgStab.plan(engine, Type.F32, batch, n, until);
            case ANDERSON -> LinearFixedPoint.anderson(engine, Type.F32, batch, n, Anderson.Options.DEFAULT, until);
            case BROYDEN -> LinearFixedPoint.broyden(engine, Type.F32, batch, n, Broyden.Options.DEFAULT, until);
            case PICARD -> LinearFixedPoint.picard(engine, Type.F32, batch, n, 1, until);
        };
    }

    /** The linear solver in words, such as {@code gmres(20)}. */
    String linearName() {
        return linear == null || linear == LinearName.GMRES ? "gmres(" + GMRES_STEPS + ")" : linear.toString();
    }
}
