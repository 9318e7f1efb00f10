/**
 * What keeps calls safe: arguments that are checked before anything is allocated or written, memory that goes back when a constructor
 * fails, and lengths at any scale. The lowest room; not exported.
 *
 * <p>May use {@code dev.zstar.kernels} and the JDK.
 */
package dev.zstar.solvers.guard;
