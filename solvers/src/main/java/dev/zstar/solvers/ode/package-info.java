/**
 * Ordinary differential equations {@code dz/dt = f(t, z)} for a batch of independent rows, and their gradients: the adaptive Runge-Kutta
 * method of Dormand and Prince with dense output and events, and neural ODE layers with three ways back.
 *
 * <p>Depends on {@code dev.zstar.kernels}, {@code dev.zstar.solvers}, its packages {@code guard} and {@code internal}, and the JDK only.
 */
package dev.zstar.solvers.ode;
