/**
 * The comparison of two result files, and its forms: text for a terminal, Markdown, and JUnit's XML.
 *
 * <p>May use {@code results}, {@code statistics} and {@code terminal}. A comparison that makes no sense is refused by an
 * {@code IllegalArgumentException}.
 */
package dev.zstar.reports.comparison;
