/**
 * Batches of small matrices, one system to a lane. Uses {@code lanes} and {@code tuning}, and the scalar engine's formulas for systems
 * that a kernel is not sure of.
 */
package dev.zstar.kernels.simd.small;
