/**
 * Single kernels and solves as JMH benchmarks: {@code ./zstar jmh Anderson -prof gc}. The study measures the same calls beside each
 * other; these are for looking closer. May use every engine and solver; runs on the class path, because JMH starts its forks there.
 */
package dev.zstar.benchmarks.jmh;
