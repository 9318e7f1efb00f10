/**
 * The study: what is measured on a machine, and the records that hold what came out. Measures only; writing files and drawing pages
 * is the reports' work. May use every engine and solver, and processes of its own for what needs a fresh one.
 */
package dev.zstar.benchmarks.study;
