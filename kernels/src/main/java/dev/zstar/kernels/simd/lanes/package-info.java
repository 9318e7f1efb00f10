/**
 * The base of every kernel: memory as one segment, sums over the lanes of a vector, scratch memory, transposes of small tiles, and the
 * warm-up of the vector API. Uses no other package of the engine.
 */
package dev.zstar.kernels.simd.lanes;
