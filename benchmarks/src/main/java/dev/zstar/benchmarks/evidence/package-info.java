/**
 * Evidence that a machine was quiet while something was measured: the time that other programs, other virtual machines and limits took from
 * it, and the rate of the processor's clock before and after.
 *
 * <p>{@code Watch} reads the counters of Linux at the beginning and at the end, and their difference is the {@code Evidence}. What a system
 * hides is absent.
 */
package dev.zstar.benchmarks.evidence;
