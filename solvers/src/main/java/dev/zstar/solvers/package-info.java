/**
 * Solvers for {@code z = f(z)} and for {@code (I - Jᵀ) u = g}, and the derivatives that come of them. Written once, against
 * {@link dev.zstar.kernels.Engine}: no vector code, no native code, no question which engine runs.
 *
 * <p>A solver is a plan, which owns its memory, and a loop in the symbols of its paper. A solve allocates nothing and says for every
 * row why it ended.
 */
package dev.zstar.solvers;
