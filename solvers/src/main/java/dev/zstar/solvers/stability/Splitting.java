package dev.zstar.solvers.stability;

import dev.zstar.kernels.Activation;

/**
 * What both splittings ask for. The equilibrium of {@code z = φ(W z + q)} with {@code φ = prox_f} is the zero of {@code (I - W) z - q + ∂f(z)}, and a splitting with step α uses
 * {@code prox_{αf}}. That is φ again for every α if and only if {@code α ∂f = ∂f}: if f is 0 on a convex set and infinite elsewhere, and φ the projection onto it. Of the
 * activations these are the identity and ReLU. A positively homogeneous φ is not enough: for leaky ReLU with slope λ below 0 it is {@code f(z) = (1/λ - 1) z² / 2} there, so that
 * {@code prox_{αf}} has the slope {@code 1 / (1 + α (1/λ - 1))}, and a splitting that took φ for it would come to another point.
 */
final class Splitting {
    private Splitting() {}

    /** Throws unless φ is a projection and α a step. */
    static void require(String splitting, Activation activation, double α) {
        if (activation != Activation.IDENTITY && activation != Activation.RELU) {
            throw new IllegalArgumentException(splitting + ": the activation is " + activation + ", expected RELU or IDENTITY, whose proximal operators are the same for every α");
        }
        if (!(α > 0 && α < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(splitting + ": α is " + α + ", expected a finite number above 0");
        }
    }
}
