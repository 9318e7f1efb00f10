/**
 * Rules that end single rows of a fixed-point solve or of a stream: the exits of looped and recurrent-depth models. A rule looks at the
 * iterates of a row, or at the outputs that a {@link dev.zstar.solvers.exits.Head} computes from them. A rule decides about a row from that
 * row alone, so the result of a row does not depend on the rest of the batch.
 *
 * <p>Depends on {@code dev.zstar.solvers}, {@code guard} and {@code dev.zstar.kernels}.
 */
package dev.zstar.solvers.exits;
