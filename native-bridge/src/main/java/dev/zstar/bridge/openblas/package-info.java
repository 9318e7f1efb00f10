/**
 * OpenBLAS: where it is looked for, why it is trusted, and the engine that calls it.
 *
 * <p>{@code Search} tries one place after the other; {@code Bundle} is the native jar among them, {@code Cache} the folder its files
 * are unpacked into; {@code Cblas} holds a library's functions, and {@code SelfCheck} makes it compute something known before
 * anything else may call it.
 */
package dev.zstar.bridge.openblas;
