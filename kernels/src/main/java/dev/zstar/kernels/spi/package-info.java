/**
 * For authors of engines: checks of every operation's operands, by part of the engine; an engine that delegates to a host; and weights for
 * engines that do not pack. Users do not need this package. It may use {@code dev.zstar.kernels}, which does not use this package.
 *
 * <p>Some types and methods for authors of engines are in {@code dev.zstar.kernels}, which would otherwise depend on this package.
 * {@link dev.zstar.kernels.CallScope} and {@link dev.zstar.kernels.CallLocal} share package-private state with the memory of blocks. The
 * default methods of the interfaces use {@link dev.zstar.kernels.Operands}. {@link dev.zstar.kernels.Engines} returns
 * {@link dev.zstar.kernels.EngineProvider}. Blocks and solvers use {@link dev.zstar.kernels.Allocation}, and
 * {@link dev.zstar.kernels.Team} is next to it because several engines may share it. {@link dev.zstar.kernels.Block#scratch},
 * {@link dev.zstar.kernels.Failures#clear}, {@link dev.zstar.kernels.Failures#mark} and {@link dev.zstar.kernels.Epilogue.Norms#set} are
 * public only for engines.
 */
package dev.zstar.kernels.spi;
