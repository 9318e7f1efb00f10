/**
 * Finds, verifies, loads and binds native libraries, and has the engines that call them.
 *
 * <p>Only the packages of this module may use {@code java.lang.foreign.Linker} and other restricted methods. Nothing here is exported:
 * the rest of the project finds these engines as services. If a library cannot be used, the engine gives a reason in one sentence; it
 * does not throw.
 */
package dev.zstar.bridge;
