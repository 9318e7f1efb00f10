/** Activations and their derivatives on vectors in an array. Uses no other room: what comes in and goes out is a chunk of a heap array. */
package dev.zstar.kernels.simd.activations;
