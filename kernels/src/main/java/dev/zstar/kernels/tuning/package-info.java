/**
 * The search for better settings of the engine {@code simd}, and what it found. Measures nothing itself: who calls it gives it a clock.
 * Uses {@code dev.zstar.kernels.simd.tuning}, which has the settings.
 */
package dev.zstar.kernels.tuning;
