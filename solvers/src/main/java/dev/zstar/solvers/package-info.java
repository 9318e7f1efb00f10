/**
 * What all solvers of {@code z = f(z)} and of {@code (I - Jᵀ) u = g} share: maps and their derivatives, stopping rules, outcomes, and the
 * workspace that holds a solver's memory. Solvers are written once, against {@link dev.zstar.kernels.Engine}. They contain no vector code
 * and no native code, and do not know which engine runs.
 *
 * <p>May use {@code dev.zstar.kernels}, the room {@code guard}, and the JDK.
 */
package dev.zstar.solvers;
