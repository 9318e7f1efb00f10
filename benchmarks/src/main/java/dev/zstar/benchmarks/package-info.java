/**
 * Models and data to measure with, and the study that measures. May use all engines and solvers. Benchmarks of single calls with JMH are in
 * a module of their own, {@code benchmarks/jmh}, which nothing depends on.
 */
package dev.zstar.benchmarks;
