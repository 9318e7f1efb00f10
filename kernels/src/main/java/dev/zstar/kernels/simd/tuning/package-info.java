/**
 * The settings of this engine, the sources of their values, and loops that measure the machine's ceilings. Uses {@code lanes}. It is the
 * only package of the engine that is exported, and only to the study.
 */
package dev.zstar.kernels.simd.tuning;
