/**
 * What keeps calls safe: checks of arguments before anything is allocated or written, memory that is freed when a constructor fails, and
 * lengths at any scale. This is the lowest room. It is not exported.
 *
 * <p>May use {@code dev.zstar.kernels} and the JDK.
 */
package dev.zstar.solvers.guard;
