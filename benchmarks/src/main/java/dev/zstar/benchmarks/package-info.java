/**
 * Models and data to measure with, and the study that measures. May use all engines and solvers. Benchmarks of single calls with JMH are in
 * a separate module, {@code benchmarks/jmh}, on which nothing depends.
 */
package dev.zstar.benchmarks;
