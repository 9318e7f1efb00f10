package dev.zstar.benchmarks.study;

import dev.zstar.benchmarks.families.Deq;
import dev.zstar.benchmarks.families.Family;
import dev.zstar.benchmarks.families.MonotoneDeq;
import dev.zstar.benchmarks.families.MultiscaleDeq;
import dev.zstar.benchmarks.families.NeuralOde;
import dev.zstar.benchmarks.families.Recurrence;
import dev.zstar.benchmarks.families.Samples;
import dev.zstar.benchmarks.families.StandardNetwork;
import dev.zstar.benchmarks.language.CopyMemory;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.LayerMethods;
import dev.zstar.solvers.implicit.LinearMethod;
import dev.zstar.solvers.ode.OdeGradientMode;
import dev.zstar.solvers.ode.StepControl;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The models that the suite depth trains, named {@code data: model}. Without their heads, those that read digits have about 25,000
 * parameters, and those that copy symbols about 18,000.
 */
final class DepthModels {
    private static final int PIXELS = 64;
    private static final Stopping TIGHT = Stopping.relative(1e-12).within(5000);
    private static final GradientMode EXACT = GradientMode.exact(1e-11);
    private static final StepControl TIGHT_STEPS = StepControl.tolerances(1e-11, 1e-11);

    private DepthModels() {}

    /**
     * A model.
     *
     * @param trained the family that is trained, for an element type
     * @param exact the same with solves that leave no error to speak of, for an element type
     * @param rate the largest learning rate
     * @param quick epochs in a quick study, or 0 if that leaves it out
     * @param full epochs in a full study
     */
    record Model(Function<Type, Family> trained, Function<Type, Family> exact, double rate, int quick, int full) {
        private static final double RATE = 4e-3;

        private Model(Function<Type, Family> trained, Function<Type, Family> exact, int quick, int full) {
            this(trained, exact, RATE, quick, full);
        }

        private static Model of(Function<Type, Family> family, int quick, int full) {
            return new Model(family, family, quick, full);
        }

        int epochs(boolean isQuick) {
            return isQuick ? quick : full;
        }
    }

    /** The models of a study. */
    static Map<String, Model> all(boolean quick) {
        Map<String, Model> models = new LinkedHashMap<>();
        digits(models);
        rings(models);
        copy(models, quick);
        modes(models);
        models.values().removeIf(model -> model.epochs(quick) == 0);
        return models;
    }

    /** How many models of a kind are trained. */
    static int seeds(String name, boolean quick) {
        boolean slow = name.startsWith("copy") || name.contains("multiscale");
        return quick ? slow ? 1 : 2 : 5;
    }

    /**
     * The samples of one seed, counted from 1. Seed k of the digits is fold k - 1 of five: over five seeds each image is tested once. The
     * rings are drawn from the seed. The sequences to copy are the same for all seeds.
     */
    static Samples data(String name, boolean quick, int seed) {
        return switch (name.substring(0, name.indexOf(':'))) {
            case "rings" -> Samples.rings(1000, seed);
            case "copy" -> Samples.copyMemory(delay(quick), quick ? 2400 : 3200);
            default -> Samples.digits().fold((seed - 1) % 5, 5);
        };
    }

    private static int delay(boolean quick) {
        return quick ? 7 : 17;
    }

    private static void digits(Map<String, Model> models) {
        // 4 layers of 64 × n + n² + n parameters.
        models.put("digits: standard, 4 layers",
                Model.of(type -> StandardNetwork.Options.dense(type, 55, PIXELS, 4, false, false), 10, 25));
        models.put("digits: tied, 12 layers",
                Model.of(type -> StandardNetwork.Options.dense(type, 128, PIXELS, 12, true, false), 10, 25));
        models.put("digits: neural ODE", ode(OdeGradientMode.DEFAULT, 4));
        models.put("digits: DEQ", deq(Deq.Options.accelerated(Stopping.relative(1e-4), GradientMode.DEFAULT), 10));
        models.put("digits: monotone DEQ", new Model(type -> MonotoneDeq.Options.digits(type, 96),
                type -> MonotoneDeq.Options.digits(type, 96).with(TIGHT, EXACT), 6, 25));
        models.put("digits: DEQ, transformer", new Model(type -> Deq.Options.transformer(type, 48),
                type -> Deq.Options.transformer(type, 48).with(Deq.Options.accelerated(TIGHT, EXACT)), 0, 15));
        // Each epoch takes ten times as long. With the rate of the others it was 0.3 points worse.
        models.put("digits: multiscale DEQ", new Model(type -> MultiscaleDeq.Options.digits(type, 6),
                type -> MultiscaleDeq.Options.digits(type, 6).with(TIGHT, EXACT), 8e-3, 3, 15));
    }

    private static Model deq(LayerMethods methods, int quick) {
        return new Model(type -> Deq.Options.hidden(type, 64, 128, PIXELS).with(methods),
                type -> Deq.Options.hidden(type, 64, 128, PIXELS).with(Deq.Options.accelerated(TIGHT, EXACT)), quick, 25);
    }

    private static Model ode(OdeGradientMode mode, int quick) {
        return new Model(type -> NeuralOde.Options.dense(type, 128, PIXELS).with(StepControl.tolerances(1e-3, 1e-3), mode),
                type -> NeuralOde.Options.dense(type, 128, PIXELS).with(TIGHT_STEPS, OdeGradientMode.DEFAULT), quick, 25);
    }

    private static void rings(Map<String, Model> models) {
        models.put("rings: standard, 4 layers", Model.of(type -> StandardNetwork.Options.dense(type, 8, 2, 4, false, false), 40, 40));
        models.put("rings: neural ODE", new Model(type -> NeuralOde.Options.flow(type, 2, 64),
                type -> NeuralOde.Options.flow(type, 2, 64).with(TIGHT_STEPS, OdeGradientMode.DEFAULT), 30, 40));
        models.put("rings: DEQ", new Model(type -> Deq.Options.dense(type, 16, 2),
                type -> Deq.Options.dense(type, 16, 2).with(Deq.Options.accelerated(TIGHT, EXACT)), 40, 40));
    }

    /** Each layer of the cell sees one place back. */
    private static void copy(Map<String, Model> models, boolean quick) {
        CopyMemory task = new CopyMemory(delay(quick));
        int length = task.length();
        int symbols = task.symbols();
        models.put("copy: standard, 4 layers", Model.of(type -> new StandardNetwork.Options(
                Recurrence.cell(type, length, symbols, 64), 4, false, false), 3, 10));
        models.put("copy: DEQ", Model.of(type -> Recurrence.equilibrium(type, length, symbols, 128), 3, 10));
    }

    /** The ways back of one equilibrium and of one differential equation. */
    private static void modes(Map<String, Model> models) {
        Stopping stopping = Stopping.relative(1e-4);
        GradientModes.all().forEach((name, mode) -> models.put("modes: DEQ, " + name, deq(
                mode instanceof GradientMode.BroydenInverse
                        ? LayerMethods.of(workspace -> Broyden.plan(workspace, Broyden.Options.DEFAULT, stopping), mode)
                        : Deq.Options.accelerated(stopping, mode), 0)));
        for (int steps : new int[] {1, 2, 5, 10}) {
            // One product is for the residual.
            GradientMode mode = new GradientMode.Exact(LinearMethod.gmres(steps, Stopping.fixed(steps + 1)));
            models.put("modes: DEQ, " + steps + (steps == 1 ? " step" : " steps") + " of GMRES",
                    deq(Deq.Options.accelerated(stopping, mode), 0));
        }
        models.put("modes: neural ODE, reversed", ode(new OdeGradientMode.Reversed(), 0));
        models.put("modes: neural ODE, checkpointed", ode(OdeGradientMode.DEFAULT, 0));
        models.put("modes: neural ODE, interpolated", ode(new OdeGradientMode.Interpolated(), 0));
    }
}
