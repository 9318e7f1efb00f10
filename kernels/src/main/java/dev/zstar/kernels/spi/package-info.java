/**
 * For those who write an engine: the checks of every operation's operands, by part of the engine, and weights for engines that keep the
 * matrix as it came. May use {@code dev.zstar.kernels}, which knows nothing of this package.
 *
 * <p>Other things that engines need live in {@code dev.zstar.kernels}, since they cannot leave it. {@link dev.zstar.kernels.CallScope}
 * and {@link dev.zstar.kernels.CallLocal} share state with the memory of blocks that nothing else may touch.
 * {@link dev.zstar.kernels.Operands} serves the default methods of the interfaces too. {@link dev.zstar.kernels.EngineProvider} is what
 * {@link dev.zstar.kernels.Engines} lists.
 */
package dev.zstar.kernels.spi;
