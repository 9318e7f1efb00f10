/**
 * JMH benchmarks of single kernels and solves: {@code ./zstar jmh Anderson -prof gc}. The study measures the same calls in turns; these
 * benchmarks are for a closer look. May use every engine and solver. Runs on the class path, because JMH starts its forks there.
 */
package dev.zstar.benchmarks.jmh;
