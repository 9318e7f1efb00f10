/**
 * Finds, verifies, loads and binds native libraries, and has the engines that call them.
 *
 * <p>Only the packages of this module may use {@code java.lang.foreign.Linker} and other restricted methods. No engine is exported:
 * the rest of the project finds engines as services. If a library cannot be used, the engine gives a reason in one sentence; it does not
 * throw. The package {@code linux} is exported to the study, which measures with it.
 */
package dev.zstar.bridge;
