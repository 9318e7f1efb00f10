/**
 * Result files: benchmarks as JMH or a study measured them, in one model, and strict readers of both formats.
 *
 * <p>May use Jackson's trees, {@code statistics} and {@code terminal}. A file that cannot be read is refused in one sentence, by an
 * {@code IllegalArgumentException}; no other exception leaves this package.
 */
package dev.zstar.reports.results;
