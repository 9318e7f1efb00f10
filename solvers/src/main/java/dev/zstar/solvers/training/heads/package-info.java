/**
 * The layers before and after an equilibrium: an embedding of symbols, a linear head and losses, with their gradients.
 *
 * <p>All work on blocks with one row for each sample. For a state of tokens, use {@code z.folded(tokens)}, a view with one row for each
 * token. Gradients with respect to inputs are overwritten; those of parameters are added. Nothing is allocated after the constructors. A
 * loss is the mean over samples, in f64. No class here is thread-safe. Rows, columns and labels are counted from 0.
 *
 * <p>May use the packages {@code exits}, {@code parameters} and {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.training.heads;
