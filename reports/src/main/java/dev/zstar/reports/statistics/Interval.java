package dev.zstar.reports.statistics;

/** A confidence interval. */
public record Interval(double low, double high) {}
