/**
 * What every kernel stands on: memory as one segment, sums over the lanes of a vector, scratch memory, transposes of small tiles, and the
 * rehearsal that uses every vector operation before the JIT compiles any. Uses nothing of the other rooms.
 */
package dev.zstar.kernels.simd.lanes;
