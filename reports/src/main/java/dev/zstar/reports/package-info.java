/**
 * The command line, the result file, and the page that a result file becomes.
 *
 * <p>May use everything below it, and is used by nothing: libraries for terminals, JSON, hardware facts and charts stay here.
 */
package dev.zstar.reports;
