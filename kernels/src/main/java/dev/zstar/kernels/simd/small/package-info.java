/**
 * Batches of small matrices, one system in each lane. Uses {@code lanes} and {@code tuning}, and the scalar engine's formulas for
 * systems that are singular, or at scales that a kernel cannot handle.
 */
package dev.zstar.kernels.simd.small;
