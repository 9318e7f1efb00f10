/**
 * The settings of this engine, where their values come from, and the speed that the machine has at most. Uses {@code lanes}. The only room
 * that others see: the search for better settings and the study.
 */
package dev.zstar.kernels.simd.tuning;
