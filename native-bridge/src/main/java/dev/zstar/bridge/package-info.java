/**
 * Finding, checking, loading and binding native libraries, and the engines on top of them.
 *
 * <p>The only place that may use {@code java.lang.foreign.Linker} and other restricted methods. Nothing here is exported:
 * the rest of the project meets these engines as services. A library that cannot be used is a one-line reason, not a failure.
 */
package dev.zstar.bridge;
