/**
 * The command line, the result file, and the page that is made from a result file.
 *
 * <p>May use everything in the other modules, and libraries for the command line, JSON, hardware facts and charts. Nothing depends on this
 * package.
 */
package dev.zstar.reports;
