/**
 * Gated units, softmax, normalisations, dropout, rotary positions and attention. Uses {@code lanes}, {@code tuning}, {@code vectors} and
 * {@code activations}, and the scalar engine's formulas for rows at scales that a kernel cannot handle.
 */
package dev.zstar.kernels.simd.layers;
