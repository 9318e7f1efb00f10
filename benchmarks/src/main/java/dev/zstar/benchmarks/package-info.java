/**
 * Models and data to measure with, and the measuring: JMH classes for single kernels, the study for everything.
 *
 * <p>May use all engines and solvers and JMH. Both ways of measuring run the same bodies, so that one number has one source.
 */
package dev.zstar.benchmarks;
