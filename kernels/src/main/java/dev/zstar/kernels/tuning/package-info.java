/**
 * The search for better settings of the engine {@code simd}, and what it found. It does not measure: its caller supplies the clock. Uses
 * {@code dev.zstar.kernels.simd.tuning}, which has the settings. Exported to the study and the command line only.
 */
package dev.zstar.kernels.tuning;
