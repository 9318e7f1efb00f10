/**
 * What every solver of {@code z = f(z)} and of {@code (I - Jᵀ) u = g} speaks about: maps and their derivatives, stopping rules, outcomes,
 * and the workspace that holds a solver's memory. Solvers are written once, against {@link dev.zstar.kernels.Engine}: no vector code, no
 * native code, and no question which engine runs.
 *
 * <p>May use {@code dev.zstar.kernels}, the room {@code guard}, and the JDK.
 */
package dev.zstar.solvers;
