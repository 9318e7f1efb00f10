/**
 * For authors of engines: the checks of every operation's operands, by part of the engine; an engine that delegates to a host; and
 * weights for engines that do not pack. Users need nothing of it. May use {@code dev.zstar.kernels}, which knows nothing of this package.
 *
 * <p>Some types for engines stay in {@code dev.zstar.kernels}, because it would otherwise depend on this package.
 * {@link dev.zstar.kernels.CallScope} and {@link dev.zstar.kernels.CallLocal} share package-private state with the memory of blocks. The
 * default methods of the interfaces use {@link dev.zstar.kernels.Operands}. {@link dev.zstar.kernels.Engines} returns
 * {@link dev.zstar.kernels.EngineProvider}.
 */
package dev.zstar.kernels.spi;
