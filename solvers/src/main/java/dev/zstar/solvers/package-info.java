/**
 * The forward solve of {@code z* = f(z*, x)}, the backward solve of {@code (I - Jᵀ) u = ∂L/∂z*}, and their plans and outcomes.
 *
 * <p>Written once, against {@code Engine} and {@code Block} of {@code dev.zstar.kernels}: no SIMD, no native code, no question
 * about which engine runs. A solve in steady state allocates nothing.
 */
package dev.zstar.solvers;
