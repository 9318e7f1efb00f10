/**
 * Text for a terminal.
 *
 * <p>May use the JDK only.
 */
package dev.zstar.reports.terminal;
