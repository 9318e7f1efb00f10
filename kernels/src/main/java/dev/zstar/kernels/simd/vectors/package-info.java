/** Kernels on rows: elementwise operations, sums, and sweeps over the vectors of a basis. Uses {@code lanes}. */
package dev.zstar.kernels.simd.vectors;
