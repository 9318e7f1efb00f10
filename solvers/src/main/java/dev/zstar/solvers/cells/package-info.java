/**
 * Maps with parameters. {@link dev.zstar.solvers.cells.Cell} describes a network as a graph of operations, and
 * {@link dev.zstar.solvers.cells.CellMap} computes it with all its derivatives. {@link dev.zstar.solvers.cells.DenseCell} is the cell
 * of a single dense layer, with parameters in plain blocks.
 *
 * <p>May use {@code dev.zstar.solvers}, the packages {@code operations}, {@code program}, {@code parameters}, {@code shapes} and
 * {@code guard}, and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.cells;
