/**
 * JOML's matrices and vectors in and out of the batches of {@link dev.zstar.kernels.SmallMatrices}. JOML is optional: only this package
 * names it, and it must be on the path only where this package is used.
 */
package dev.zstar.kernels.joml;
