/**
 * What refuses, for this module alone: arguments that are checked with a sentence before anything is allocated or written, and memory that goes back when a constructor
 * fails. Uses {@code dev.zstar.kernels} and the JDK.
 */
package dev.zstar.solvers.guard;
