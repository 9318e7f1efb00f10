package dev.zstar.solvers.implicit;

import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.guard.Arguments;
import java.util.List;
import java.util.stream.Stream;

/**
 * How a layer differentiates its equilibrium {@code z* = f(z*; θ)}. With {@code g = ∂L/∂z*},
 *
 * <pre>{@code ∂L/∂θ = vᵀ ∂f/∂θ,   (I - Jᵀ) v = g,}</pre>
 *
 * and the modes differ in how they find or approximate v. {@link #then} makes a schedule of modes.
 */
public sealed interface GradientMode {
    /**
     * The default: {@link Exact} by GMRES and IDR to a relative residual of 10⁻³. In training it makes no measurable difference compared
     * with a more exact gradient.
     */
    GradientMode DEFAULT = exact(1e-3);

    /**
     * Implicit differentiation: v by 20 steps of GMRES, and by IDR(9) in rows that need more, within 200 products with Jᵀ
     * ({@link dev.zstar.solvers.linear.GmresIdr}).
     *
     * @param tolerance the relative residual at which a row ends
     */
    static GradientMode exact(double tolerance) {
        if (!(tolerance >= 0 && tolerance < 1)) {
            throw new IllegalArgumentException("exact: the tolerance is " + tolerance + ", expected 0 ≤ tolerance < 1");
        }
        return new Exact(LinearMethod.gmres(20, Stopping.relative(tolerance)));
    }

    /**
     * Implicit differentiation, by the implicit function theorem (IFT): v by any linear solver, to a tolerance or after a fixed number of
     * evaluations.
     *
     * @param method plans the solver; the layer closes it
     */
    record Exact(LinearMethod method) implements GradientMode {
        /** Throws if the method is null. */
        public Exact {
            Arguments.present("Exact", "the method", method);
        }
    }

    /**
     * {@code v = Hᵀ g} with {@code H ≈ (I - J)⁻¹} from Broyden's method at the end of the forward solve (Ramzi et al. 2022, SHINE). Takes
     * no product with Jᵀ. The layer's forward solver must be a {@link dev.zstar.solvers.fixedpoint.Broyden}.
     */
    record BroydenInverse() implements GradientMode {}

    /**
     * v by GMRES with {@link MultiSecant} as its preconditioner: an approximation of {@code (I - J)⁻¹} from the points of the forward
     * solve, whatever its method. Rows that fail continue without a preconditioner.
     *
     * @param pairs the number of secant pairs to keep, 1 to 500; takes {@code 2 (pairs + 1)} blocks
     * @param restart the restart length of GMRES, 1 to 500
     * @param stopping when a linear solve ends: a tolerance, or a fixed number of evaluations
     */
    record Refined(int pairs, int restart, Stopping stopping) implements GradientMode {
        /** Checks the ranges, and that a linear solver applies the stopping rule. */
        public Refined {
            Arguments.present("Refined", "the stopping rule", stopping).requireLinear("Refined");
            if (pairs < 1 || pairs > 500) {
                throw new IllegalArgumentException("Refined: pairs is " + pairs + ", expected 1 to 500");
            }
            if (restart < 1 || restart > 500) {
                throw new IllegalArgumentException("Refined: restart is " + restart + ", expected 1 to 500");
            }
        }
    }

    /**
     * {@code v = g}: Jacobian-free backpropagation (JFB, Fung et al. 2022), also known as the one-step gradient. Takes no product with Jᵀ.
     * Under the conditions of the paper it gives a descent direction.
     */
    record JacobianFree() implements GradientMode {}

    /**
     * {@code v = Σ_{i ≤ k} (Jᵀ)ⁱ g}, a truncated Neumann series. At the equilibrium it is backpropagation through the last k + 1 steps.
     *
     * @param terms k, the number of products with Jᵀ, at least 0; the sum has k + 1 terms
     */
    record NeumannSeries(int terms) implements GradientMode {
        /** Checks the range. */
        public NeumannSeries {
            Arguments.atLeast("NeumannSeries", "the number of products", terms, 0);
            requireBelowLargest("NeumannSeries: the number of products", terms);
        }
    }

    /**
     * The gradient of k damped steps from the equilibrium, {@code v = λ Σ_{i < k} ((1 - λ) I + λ Jᵀ)ⁱ g} (Geng et al. 2021).
     *
     * @param steps k, at least 1; takes k - 1 products
     * @param damping λ, above 0 and at most 1
     */
    record Phantom(int steps, double damping) implements GradientMode {
        /** Checks the ranges. */
        public Phantom {
            if (steps < 1) {
                throw new IllegalArgumentException("Phantom: the number of steps is " + steps + ", expected at least 1");
            }
            if (!(damping > 0 && damping <= 1)) {
                throw new IllegalArgumentException("Phantom: damping is " + damping + ", expected above 0 and at most 1");
            }
        }
    }

    /**
     * Does not solve for an equilibrium in training: the layer is the unrolled network of L plain steps from the start. It keeps all
     * states, in L blocks and a few more. Inference still solves.
     *
     * @param steps L, at least 1
     */
    record Unrolled(int steps) implements GradientMode {
        /** Checks the range. */
        public Unrolled {
            requireSteps(steps);
        }
    }

    /**
     * The same network and gradient, but only every ⌈√L⌉-th state is kept, and the others are computed again (Chen, Xu, Zhang and Guestrin
     * 2016). Takes about 2√L blocks, and nearly twice the evaluations of f.
     *
     * @param steps L, at least 1
     */
    record Checkpointed(int steps) implements GradientMode {
        /** Checks the range. */
        public Checkpointed {
            requireSteps(steps);
        }
    }

    /**
     * The reversible network of McCallum, Arora and Foster (2025, RevDEQ): N steps of two states from {@code y = z =} the start,
     *
     * <pre>{@code y ← (1 - β) y + β f(z),   z ← (1 - β) z + β f(y),}</pre>
     *
     * whose result is z. The backward pass runs the steps in reverse, {@code z ← (z - β f(y)) / (1 - β)} and the same for y, and
     * backpropagates through each. So it takes 7 blocks for any N. The result is the gradient of the N steps, exact but for rounding. Each
     * step back multiplies rounding errors: by {@code 1 / |1 - β|} where J is 0, and by the square of that where J has the eigenvalue 1.
     * {@link GradientOutcome#residual} estimates the relative error of the gradient. Inference still solves.
     *
     * <p>f is evaluated 2N times in each direction, and once more for the residual.
     *
     * @param steps N, at least 1
     * @param beta β, above 0, below 2 and not 1
     */
    record Reversible(int steps, double beta) implements GradientMode {
        /** Checks the ranges. */
        public Reversible {
            Arguments.atLeast("Reversible", "the number of steps", steps, 1);
            int most = (Integer.MAX_VALUE - 1) / 4;
            if (steps > most) {
                throw new IllegalArgumentException("Reversible: the number of steps is " + steps + ", expected at most " + most);
            }
            if (!(beta > 0 && beta < 2 && beta != 1)) {
                throw new IllegalArgumentException("Reversible: β is " + beta + ", expected above 0, below 2 and not 1");
            }
        }
    }

    /**
     * One mode after another in the course of training, such as cheap gradients first and exact ones later. The caller counts the steps and
     * gives their number to {@link EquilibriumLayer#step}, so training can resume at any step. {@link #then} builds it:
     *
     * <pre>{@code GradientMode mode = new GradientMode.JacobianFree().then(2000, GradientMode.DEFAULT);}</pre>
     *
     * @param phases the modes in their order; the first begins at step 0
     */
    record Scheduled(List<Phase> phases) implements GradientMode {
        /** Checks the order. */
        public Scheduled {
            phases = List.copyOf(Arguments.present("Scheduled", "the list of phases", phases));
            for (int i = 0; i < phases.size(); i++) {
                int from = phases.get(i).from();
                if (i == 0 && from != 0) {
                    throw new IllegalArgumentException("Scheduled: the first phase begins at step " + from + ", expected 0");
                }
                if (i > 0 && from <= phases.get(i - 1).from()) {
                    throw new IllegalArgumentException("Scheduled: phase " + i + " begins at step " + from + ", expected more than "
                            + phases.get(i - 1).from() + ", where the phase before it begins");
                }
            }
            if (phases.isEmpty()) {
                throw new IllegalArgumentException("Scheduled: the list of phases is empty, expected at least one phase");
            }
        }

        @Override
        public GradientMode at(int step) {
            Arguments.atLeast("at", "the number of the step", step, 0);
            int i = phases.size() - 1;
            while (phases.get(i).from() > step) {
                i--;
            }
            return phases.get(i).mode();
        }

        @Override
        public List<GradientMode> modes() {
            return phases.stream().map(Phase::mode).distinct().toList();
        }

        @Override
        public boolean unrolls() {
            return phases.stream().anyMatch(phase -> phase.mode().unrolls());
        }

        @Override
        public Scheduled then(int from, GradientMode mode) {
            return new Scheduled(Stream.concat(phases.stream(), Stream.of(new Phase(from, mode))).toList());
        }
    }

    /**
     * A part of a schedule.
     *
     * @param from the first training step, counted from 0
     * @param mode the mode from that step on; not a schedule itself
     */
    record Phase(int from, GradientMode mode) {
        /** Checks the range and the mode. */
        public Phase {
            Arguments.atLeast("Phase", "the first step", from, 0);
            if (Arguments.present("Phase", "the gradient mode", mode) instanceof Scheduled) {
                throw new IllegalArgumentException("Phase: the gradient mode is a schedule, expected a single mode");
            }
        }
    }

    /** This mode in the first steps of training, and another from step {@code from} on, counted from 0. */
    default Scheduled then(int from, GradientMode mode) {
        return new Scheduled(List.of(new Phase(0, this), new Phase(from, mode)));
    }

    /** The mode at a step of training, counted from 0: always this one, unless it is a schedule. */
    default GradientMode at(int step) {
        Arguments.atLeast("at", "the number of the step", step, 0);
        return this;
    }

    /** The different modes of a schedule; for any other mode a list of itself. */
    default List<GradientMode> modes() {
        return List.of(this);
    }

    /**
     * Whether the forward pass of training takes a fixed number of steps instead of a solve: for {@link Unrolled}, {@link Checkpointed} and
     * {@link Reversible}, and for a schedule with one of them.
     */
    default boolean unrolls() {
        return this instanceof Unrolled || this instanceof Checkpointed || this instanceof Reversible;
    }

    private static void requireSteps(int steps) {
        if (steps < 1) {
            throw new IllegalArgumentException("unrolled network: the number of steps is " + steps + ", expected at least 1");
        }
        requireBelowLargest("unrolled network: the number of steps", steps);
    }

    /** One more than the number is an {@code int}, too: it is a number of evaluations, or of terms. */
    private static void requireBelowLargest(String what, int number) {
        if (number == Integer.MAX_VALUE) {
            throw new IllegalArgumentException(what + " is " + number + ", expected at most " + (Integer.MAX_VALUE - 1));
        }
    }
}
