/**
 * OpenBLAS: where zstar searches for it, how it is verified, and the engine that calls it.
 *
 * <p>{@code Search} tries one place after the other. {@code Bundle} is the native jar, which is one of them, and {@code Cache} is the
 * folder that its files are unpacked into. {@code Cblas} has a library's functions. {@code SelfCheck} compares its products with known
 * results before anything else may call it.
 */
package dev.zstar.bridge.openblas;
