/**
 * The front door: arrays in, arrays out. {@link dev.zstar.FixedPoint} solves {@code z = f(z)} for a function of one's own,
 * {@link dev.zstar.Equilibrium} is an equilibrium layer that owns its memory. Failure throws {@link dev.zstar.NotSolved}, with the reason
 * in words.
 *
 * <p>Everything here is built on public types of the rooms below it: where it allocates too much or decides too much, use those.
 */
package dev.zstar;
