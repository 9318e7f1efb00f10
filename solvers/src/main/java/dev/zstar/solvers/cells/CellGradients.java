package dev.zstar.solvers.cells;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.parameters.Parameters;

/**
 * Where gradients are added. Owns neither.
 *
 * @param parameters of the descriptions of the cell, or null if not wanted
 * @param x {@code batch × inputs}, ordered by row of the batch, or null if not wanted
 */
public record CellGradients(Parameters parameters, Block x) {}
