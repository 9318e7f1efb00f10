/**
 * The types that all solvers of {@code z = f(z)} and of {@code (I - Jᵀ) u = g} share: maps and their derivatives, stopping rules, outcomes,
 * and the workspace that holds a solver's memory. Solvers are written once, against {@link dev.zstar.kernels.Engine}. They contain no
 * vector code and no native code, and nothing in them depends on which engine runs.
 *
 * <p>Depends on {@code dev.zstar.kernels} and the JDK only.
 */
package dev.zstar.solvers;
