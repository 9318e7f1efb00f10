/**
 * Converts JOML's matrices and vectors to and from the batches of {@link dev.zstar.kernels.SmallMatrices}. JOML is optional: only this
 * package uses it, and it must be on the path only if this package is used. May use {@code dev.zstar.kernels} and JOML.
 */
package dev.zstar.kernels.joml;
