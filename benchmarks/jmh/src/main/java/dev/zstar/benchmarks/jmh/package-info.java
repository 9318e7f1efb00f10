/**
 * Single kernels and solves as JMH benchmarks: {@code ./zstar jmh Anderson -prof gc}. The study runs the same calls; these are for
 * looking closer.
 */
package dev.zstar.benchmarks.jmh;
