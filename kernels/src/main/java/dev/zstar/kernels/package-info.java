/**
 * Blocks of memory, packed weights, and the interface of the engines that compute on them: products, operations on rows, sweeps over a
 * basis, updates of parameters, layers, images, and batches of small matrices.
 *
 * <p>This package may use {@code dev.zstar.kernels.jvm} and the JDK, but no incubator module. Only {@code dev.zstar.kernels.simd} imports
 * {@code jdk.incubator.vector}, and no other package depends on which engine runs. What only authors of engines need is in
 * {@code dev.zstar.kernels.spi}, which this package does not use.
 */
package dev.zstar.kernels;
