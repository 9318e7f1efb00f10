package dev.zstar.benchmarks.families;

import dev.zstar.kernels.Type;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.Cell;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.implicit.GradientMode;
import dev.zstar.solvers.implicit.LayerMethods;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.shapes.Shape;

/**
 * A sequence in which each place sees only the one before it: {@code f(z, x)_t = W z_{t-1} + U x_t}, with {@code z_0 = 0}. One layer of
 * this cell carries a symbol one place on, so that L layers see L places back. Its equilibrium is the linear recurrence
 * {@code z_t = W z_{t-1} + U x_t} over all places: the depth is the length of the sequence, with the parameters of one layer. W is
 * orthogonal at first, so that nothing fades (Arjovsky, Shah and Bengio 2016).
 *
 * <p>The Jacobian is nilpotent: plain steps, and the Neumann series of the backward pass, are exact after as many steps as there are
 * places. Acceleration does harm here: its weights, one set for a whole sequence, mix places that information has reached with places that
 * it has not. For 37 places, plain steps take 38 evaluations to an exact result, and Anderson(10) takes 79 to 10⁻⁵.
 */
public final class Recurrence {
    private Recurrence() {}

    /**
     * The cell: the state of a row is {@code length × n}, its input {@code length × inputs}. W is {@code n × n}, and U {@code n × inputs}.
     *
     * @param length places of a sequence
     * @param inputs elements of x at each place
     * @param n elements of z at each place
     */
    public static Cell cell(Type type, int length, int inputs, int n) {
        return Cell.of(type, Shape.tokens(length, n), Shape.tokens(length, inputs), (net, z, x) -> {
            var all = z.reshape(Shape.vector(length * n));
            var before = net.concatenate(all.slice(0, n).scale(0), all.slice(0, (length - 1) * n)).reshape(Shape.tokens(length, n));
            return net.product(net.weight("w", n, n, Initialiser.orthogonal(1)), before)
                    .plus(net.product(net.weight("u", n, inputs, Initialiser.normal(0.3)), x));
        });
    }

    /** The equilibrium, found and differentiated by as many plain steps as there are places. */
    public static Deq.Options equilibrium(Type type, int length, int inputs, int n) {
        Stopping stopping = Stopping.relative(1e-5).within(length + 2);
        return new Deq.Options(cell(type, length, inputs, n), LayerMethods.of(
                workspace -> Picard.plan(workspace, Picard.Options.damped(1), stopping), new GradientMode.NeumannSeries(length)));
    }
}
