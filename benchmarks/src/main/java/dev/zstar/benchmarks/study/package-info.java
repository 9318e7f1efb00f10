/**
 * The study: what is measured on a machine, and the records of the results. Writing files and drawing pages belongs to the reports.
 *
 * <p>May use every engine and solver, and starts JVMs for what needs a fresh one.
 */
package dev.zstar.benchmarks.study;
