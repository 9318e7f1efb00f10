/**
 * Models and data to measure with, and the study that measures. May use all engines and solvers. Single calls under JMH are a module
 * of their own, {@code benchmarks/jmh}, which nothing depends on.
 */
package dev.zstar.benchmarks;
