package dev.zstar.reports.results;

/**
 * Where a file was measured, as far as it says so.
 *
 * @param machine processor, processors and system; empty if the file does not name them, as JMH's
 * @param java the virtual machine and its version; empty if unknown or not the same for all results
 */
public record Environment(String machine, String java) {}
