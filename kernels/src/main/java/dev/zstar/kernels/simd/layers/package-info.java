/**
 * Softmax, normalisations, dropout and attention. Uses {@code lanes}, {@code tuning}, {@code vectors} and {@code activations}, and the
 * scalar engine's formulas where a kernel is not sure of a row.
 */
package dev.zstar.kernels.simd.layers;
