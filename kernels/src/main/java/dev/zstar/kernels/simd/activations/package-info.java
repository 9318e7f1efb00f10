/** Activations and their derivatives, in place in a heap array. Uses no other package of the engine. */
package dev.zstar.kernels.simd.activations;
