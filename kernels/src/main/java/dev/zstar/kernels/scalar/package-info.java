/**
 * The scalar engine: every operation as its formula, in plain loops. May use {@code dev.zstar.kernels}, {@code spi}, {@code jvm} and the
 * JDK, but no incubator module.
 */
package dev.zstar.kernels.scalar;
