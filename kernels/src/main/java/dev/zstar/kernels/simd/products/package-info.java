/**
 * Matrix products: packed panels of weights, register tiles (generated), and the epilogue that follows a tile. Uses {@code lanes},
 * {@code tuning}, {@code vectors} and {@code activations}.
 */
package dev.zstar.kernels.simd.products;
