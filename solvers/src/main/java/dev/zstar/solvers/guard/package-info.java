/**
 * Safety of calls: checks of arguments before anything is allocated or written, memory that is freed if a constructor fails, what each
 * worker has for itself, the forward pass that a layer remembers for its backward pass, and norms of numbers of any size. This is the
 * lowest package of the module. It is not exported.
 *
 * <p>Depends on {@code dev.zstar.kernels} and the JDK only.
 */
package dev.zstar.solvers.guard;
