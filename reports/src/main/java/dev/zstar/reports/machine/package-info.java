/**
 * Facts of this machine and its JVM, each from where it is visible: from OSHI, from files of Linux, or from the JVM. What is not visible is
 * reported as that, never guessed.
 *
 * <p>May use {@code dev.zstar.kernels}, {@code terminal}, OSHI, and Jackson's annotations. Nothing here throws because a file is missing.
 */
package dev.zstar.reports.machine;
