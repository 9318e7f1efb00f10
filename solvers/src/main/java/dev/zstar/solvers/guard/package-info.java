/**
 * What keeps calls safe, for this module alone: arguments that are checked with a sentence before anything is allocated or written, memory
 * that goes back when a constructor fails, and sums of squares at any scale. Uses {@code dev.zstar.kernels} and the JDK.
 */
package dev.zstar.solvers.guard;
