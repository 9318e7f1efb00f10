/**
 * The statistics of a comparison: the values of forks, the interval of their median or of a ratio, and the verdict that follows.
 *
 * <p>May use the JDK only. Nothing here knows of files or of benchmarks.
 */
package dev.zstar.reports.statistics;
