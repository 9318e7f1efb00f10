/**
 * The entry points: arrays in, arrays out. {@link dev.zstar.FixedPoint} solves {@code z = f(z)} for your own function.
 * {@link dev.zstar.Equilibrium} is an equilibrium layer that owns its memory. {@link dev.zstar.FixedPoint.Solution#orThrow},
 * {@link dev.zstar.Equilibrium#forward} and {@link dev.zstar.Equilibrium#backward} throw {@link dev.zstar.NotSolved} with the reason in
 * words.
 *
 * <p>Everything here is built on public types of the packages below. Use those to avoid the allocations, or to choose the engine, the
 * options of a method or the block layout yourself.
 */
package dev.zstar;
