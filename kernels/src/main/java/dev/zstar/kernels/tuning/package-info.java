/**
 * The search for better settings of the {@code simd} engine and its result, and the rounds in which candidates are compared. It does not
 * measure: its caller supplies the clock. Uses {@code dev.zstar.kernels.simd.tuning}, which has the settings. Exported only to the study
 * and the command line.
 */
package dev.zstar.kernels.tuning;
