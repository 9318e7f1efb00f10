/**
 * Convolution and resampling. Uses {@code lanes}, {@code tuning}, {@code vectors}, {@code activations}, and the tiles of
 * {@code products}.
 */
package dev.zstar.kernels.simd.images;
