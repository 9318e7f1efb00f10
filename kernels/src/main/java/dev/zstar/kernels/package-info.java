/**
 * Blocks of memory, packed weights, and the interface of the engines that compute on them: products, operations on rows, sweeps over a
 * basis, layers, images, and batches of small matrices.
 *
 * <p>This package may use the JDK only, and no incubating part of it. Code that imports {@code jdk.incubator.vector} lives in
 * {@code dev.zstar.kernels.simd}, and nothing outside can tell which engine runs. What engines need in addition is in
 * {@code dev.zstar.kernels.spi}, which this package does not use.
 */
package dev.zstar.kernels;
