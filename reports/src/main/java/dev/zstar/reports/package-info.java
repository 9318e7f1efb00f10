/**
 * The command line, the result file of a study, and the pages that are made from result files.
 *
 * <p>May use everything in the other modules, and libraries for the command line, JSON, hardware facts and charts. Neither another
 * module nor a subpackage depends on this package.
 */
package dev.zstar.reports;
