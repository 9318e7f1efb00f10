/**
 * Straight-line programs on blocks: the instructions of a cell, the registers that they read and write, and the memory of the registers,
 * allocated once for the most rows and shared where lifetimes allow. Knows nothing of networks. Uses {@code dev.zstar.kernels} and
 * {@code guard}.
 */
package dev.zstar.solvers.cells.program;
