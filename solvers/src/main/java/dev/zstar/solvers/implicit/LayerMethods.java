package dev.zstar.solvers.implicit;

import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.Workspace;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.guard.Plural;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How a layer that plans its own forward solver solves and differentiates. Its forward and its backward pass share memory.
 *
 * <p>{@link #within} chooses methods that fit a number of blocks of {@code batch × n}. Let S be what is left of them for both passes once
 * everything that must outlive a pass has its blocks: recorded states, the secant pairs of {@link GradientMode.Refined}, the states of
 * networks that are unrolled.
 *
 * <table>
 * <caption>The choice</caption>
 * <tr><th>pass</th><th>S</th><th>method</th></tr>
 * <tr><td>forward</td><td>11 and more</td><td>{@link Anderson} with the window {@code (S - 5) / 2}, 10 at most</td></tr>
 * <tr><td></td><td>4 to 10</td><td>{@link Picard} with steps of adaptive length</td></tr>
 * <tr><td>backward</td><td>8 and more</td><td>GMRES for {@code S - 7} steps, 100 at most, then IDR</td></tr>
 * </table>
 *
 * <p>A step tolerance takes two of the forward blocks, and distances one more. The choice of the backward method is for
 * {@link GradientMode#exact} alone, whose cycles it sets; all other modes have a fixed size. {@link GradientMode.BroydenInverse} needs
 * Broyden's method, which gets the blocks that are left, 30 steps at most, or half of them in a schedule with an exact mode.
 */
public final class LayerMethods {
    private static final int WIDEST = 10;
    /** Plain steps of adaptive length take fewer evaluations than Anderson with a shorter window, in less memory. */
    private static final int NARROWEST = 3;
    private static final int LONGEST = 100;
    private static final int MOST_STEPS = 30;

    private final Function<Workspace, ? extends FixedPointSolver> forward;
    private final GradientMode mode;
    private final String sentence;

    private LayerMethods(Function<Workspace, ? extends FixedPointSolver> forward, GradientMode mode, String sentence) {
        this.forward = forward;
        this.mode = mode;
        this.sentence = sentence;
    }

    /**
     * Any forward solver, such as {@code workspace -> Anderson.plan(workspace, options, stopping)}.
     *
     * @param forward plans the solver in a workspace. It is called twice: first for a batch of one row, to count the blocks. The layer
     *     closes the solver
     */
    public static LayerMethods of(Function<Workspace, ? extends FixedPointSolver> forward, GradientMode mode) {
        Arguments.present("layer", "the forward method", forward);
        Arguments.present("layer", "the gradient mode", mode);
        return new LayerMethods(forward, mode, "a forward solver of the caller, and the gradient mode " + mode);
    }

    /**
     * The methods that fit a number of blocks of {@code batch × n}, as in the table above. For the default mode 27 blocks or more have the
     * default forward method, and exactly 27 the default methods of both passes.
     *
     * @param blocks the most blocks that the layer may hold, without the map, without the copy of x that is made when a row first
     *     fails, and without the s vectors for the whole batch of {@link dev.zstar.solvers.linear.GmresIdr}
     * @param stopping when the forward solve ends
     * @throws IllegalArgumentException if there are too few blocks, or the mode has a linear solver that does not say how many it takes
     */
    public static LayerMethods within(int blocks, Stopping stopping, GradientMode mode) {
        Arguments.present("memory", "the stopping rule", stopping);
        Arguments.present("memory", "the gradient mode", mode);
        mode.modes().forEach(LayerMethods::requireCounted);
        int extra = (stopping.step() > 0 ? 2 : 0) + (stopping.distance() ? 1 : 0);
        boolean inverse = mode.modes().contains(new GradientMode.BroydenInverse());
        LayerBlocks shortest = LayerBlocks.of(withCycles(mode, 1));
        // Distances also take a vector, which may be as large as a block.
        int kept = stopping.recorded().size() + (stopping.distance() ? 1 : 0) + shortest.kept();
        int least = kept + Math.max((inverse ? 3 : 4) + extra, shortest.backwardWithPackedRows()) + (inverse ? 3 : 0);
        if (blocks < least) {
            throw new IllegalArgumentException("memory: the number of blocks is " + blocks + ", expected at least " + least
                    + " for the gradient mode " + mode);
        }
        return inverse
                ? withBroyden(blocks, blocks - kept - 1, 3 + extra, stopping, mode)
                : withAnderson(blocks, blocks - kept, 5 + extra, stopping, mode);
    }

    private static LayerMethods withAnderson(int blocks, int room, int fixed, Stopping stopping, GradientMode mode) {
        int window = Math.min(WIDEST, (room - fixed) / 2);
        GradientMode chosen = withCycles(mode, room);
        if (window < NARROWEST) {
            return new LayerMethods(workspace -> Picard.plan(workspace, Picard.Options.ADAPTIVE, stopping), chosen,
                    sentence(blocks, "plain steps of adaptive length", chosen));
        }
        Anderson.Options options = Anderson.Options.DEFAULT.withWindow(window);
        return new LayerMethods(workspace -> Anderson.plan(workspace, options, stopping), chosen,
                sentence(blocks, "Anderson acceleration with a window of " + window, chosen));
    }

    /** @param room without the one vector that Broyden's method takes, which may be as large as a block */
    private static LayerMethods withBroyden(int blocks, int room, int fixed, Stopping stopping, GradientMode mode) {
        boolean cycles = mode.modes().stream().anyMatch(LayerMethods::hasCycles);
        int least = Math.max(fixed, LayerBlocks.of(withCycles(mode, 1)).backwardWithPackedRows());
        int steps = Math.min(MOST_STEPS, Math.max(2, cycles ? (room - least) / 2 : room - least));
        GradientMode chosen = withCycles(mode, room - steps);
        Broyden.Options options = Broyden.Options.DEFAULT.withMemory(steps);
        return new LayerMethods(workspace -> Broyden.plan(workspace, options, stopping), chosen,
                sentence(blocks, "Broyden's method with " + steps + " steps", chosen));
    }

    /** The same mode with cycles of GMRES that fit a number of blocks. */
    private static GradientMode withCycles(GradientMode mode, int room) {
        int steps = Math.clamp(room - LayerBlocks.of(mode).cotangents() - 5, 1, LONGEST);
        return mode instanceof GradientMode.Scheduled schedule
                ? new GradientMode.Scheduled(schedule.phases().stream()
                        .map(phase -> new GradientMode.Phase(phase.from(), withSteps(phase.mode(), steps))).toList())
                : withSteps(mode, steps);
    }

    private static GradientMode withSteps(GradientMode mode, int steps) {
        return mode instanceof GradientMode.Exact(LinearMethod.GmresThenIdr(int _, Stopping stopping))
                ? new GradientMode.Exact(new LinearMethod.GmresThenIdr(steps, stopping))
                : mode;
    }

    private static boolean hasCycles(GradientMode mode) {
        return mode instanceof GradientMode.Exact exact && exact.method() instanceof LinearMethod.GmresThenIdr;
    }

    private static void requireCounted(GradientMode mode) {
        if (mode instanceof GradientMode.Exact exact && exact.method().blocks() == 0) {
            throw new IllegalArgumentException("memory: the linear solver of the gradient mode does not say how many blocks it takes, "
                    + "expected LinearMethod.gmres, LinearMethod.biCgStab, or a method with blocks()");
        }
    }

    private static String sentence(int blocks, String forward, GradientMode mode) {
        return forward + " forward, " + mode.modes().stream().map(LayerMethods::describe).collect(Collectors.joining(" then "))
                + " backward, within " + Plural.of(blocks, "block");
    }

    private static String describe(GradientMode mode) {
        return switch (mode) {
            case GradientMode.Exact(LinearMethod.GmresThenIdr(int steps, Stopping _)) when steps > 2 -> Plural.of(steps, "step")
                    + " of GMRES, then IDR,";
            case GradientMode.Exact(LinearMethod.GmresThenIdr(int steps, Stopping _)) -> "GMRES with cycles of " + Plural.of(steps, "step");
            case GradientMode.Exact(LinearMethod.ShortRecurrences _) -> "BiCGStab";
            default -> mode.toString().replace("[]", "");
        };
    }

    /** Plans the forward solver in a workspace, which closes with it. */
    public FixedPointSolver plan(Workspace workspace) {
        return Arguments.present("layer", "the forward solver", forward.apply(workspace));
    }

    /** The gradient mode, with the linear solver that was chosen. */
    public GradientMode mode() {
        return mode;
    }

    /** What was chosen, in words. */
    @Override
    public String toString() {
        return sentence;
    }
}
