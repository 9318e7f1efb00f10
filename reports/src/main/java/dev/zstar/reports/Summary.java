package dev.zstar.reports;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Prints the most important figures as a table for the terminal. */
final class Summary {
    private Summary() {}

    static void print(StudyFile file, PrintWriter out) {
        out.println();
        file.remarks().forEach(remark -> out.println("note: " + remark));
        file.ceilings().forEach(ceiling -> out.printf(Locale.ROOT, "%-34s %12.1f %s%n", "ceiling " + ceiling.name(), ceiling.value(),
                ceiling.unit()));
        for (StudyFile.Row row : file.results()) {
            String label = row.name() + " on " + row.engine();
            switch (row.suite() + " " + row.metric()) {
                case "kernels gflops" -> out.printf(Locale.ROOT, "%-34s %12.1f GFLOP/s%s%s%n", label, row.value(), ceilingFraction(row),
                        mark(file, row));
                case "kernels gbps" -> out.printf(Locale.ROOT, "%-34s %12.1f GB/s%s%s%n", label, row.value(), ceilingFraction(row),
                        mark(file, row));
                case "kernels ratio", "streaming ratio" -> out.printf(Locale.ROOT, "%-34s %12.2f × (worst fork %.2f)%s%n",
                        row.name() + ": " + row.engine().replace("/", " / "), row.value(), row.min(), mark(file, row));
                case "cells gflops" -> out.printf(Locale.ROOT, "%-52s %8.1f GFLOP/s, %.2f ms%s%s%n", label, row.value(),
                        find(file, row, "us") / 1e3, ceilingFraction(row), mark(file, row));
                case "cells bytes" -> out.printf(Locale.ROOT, "%-52s %8.1f MiB held, %.2f ms%s%n", label, row.value() / 0x1p20,
                        find(file, row, "us") / 1e3, mark(file, row));
                case "cells timeRatio" -> out.printf(Locale.ROOT, "%-52s %8.2f × the time (forks %.2f to %.2f)%s%n",
                        row.name() + ": " + row.engine().replace("/", " / "), row.value(), row.min(), row.p90(), mark(file, row));
                case "forward us", "backward us" -> out.printf(Locale.ROOT,
                        "%-34s %12.1f µs, %.0f evaluations, %.2f × the time of the evaluations alone, %.0f B allocated%n",
                        label, row.value(), find(file, row, "nfev"), find(file, row, "overhead"), find(file, row, "allocated"));
                case "forward methodUs" -> out.printf(Locale.ROOT,
                        "%-34s %12.1f µs, %.0f evaluations, %.0f blocks, %.2f × the time of anderson(5)%s%n",
                        label, row.value(), find(file, row, "nfev"), find(file, row, "blocks"), find(file, row, "methodRatio"),
                        mark(file, row));
                case "forward traffic" -> out.printf(Locale.ROOT, "%-34s %12.1f vectors moved in each step of a row, %.2f × the minimum%n",
                        label, row.value(), find(file, row, "trafficRatio"));
                case "forward depth" -> out.printf(Locale.ROOT, "%-34s %12.0f plain steps to the same residual%n", label, row.value());
                case "forward solves" -> out.printf(Locale.ROOT,
                        "%-34s %12.0f solves, %.0f rows, %.0f violated guarantees, %.0f B not freed%n",
                        label, row.value(), find(file, row, "rows"), find(file, row, "brokenPromises"), find(file, row, "bytesLeft"));
                case "forward mixedUs" -> out.printf(Locale.ROOT, "%-34s %12.1f µs, %.0f evaluations in f32, %.0f in narrow weights%s%n",
                        label, row.value(), find(file, row, "nfev"), orZero(find(file, row, "cheapNfev")), mark(file, row));
                case "backward products" -> out.printf(Locale.ROOT, "%-46s %4.0f products, %.2f × those of GMRES without restarts%n",
                        row.name(), row.value(), find(file, row, "productsRatio"));
                case "backward sequenceProducts" -> out.printf(Locale.ROOT, "%-46s %4.0f products, %.2f × those of GMRES(20)%n",
                        row.name(), row.value(), find(file, row, "sequenceRatio"));
                case "backward productsFailed" -> out.printf(Locale.ROOT, "%-46s not solved in %.0f products%n", row.name(), row.value());
                case "backward backwardUs" -> out.printf(Locale.ROOT,
                        "%-34s %12.1f µs, %.2f × the default, %.0f evaluations, cosine %.4f, error %.1e, %.1f MiB%s%n",
                        row.name(), row.value(), find(file, row, "backwardRatio"), find(file, row, "modeProducts"),
                        find(file, row, "cosine"), find(file, row, "gradientError"), find(file, row, "modeBytes") / 0x1p20,
                        mark(file, row));
                case "backward passUs" -> out.printf(Locale.ROOT,
                        "%-34s %12.1f µs for both passes, %.2f × those of 27 blocks, %.0f evaluations, %.0f products, %.2f MiB%s%n",
                        row.name(), row.value(), find(file, row, "passRatio"), find(file, row, "passEvaluations"),
                        find(file, row, "passProducts"), find(file, row, "passBytes") / 0x1p20, mark(file, row));
                case "training failedImages" -> {
                    if (row.name().startsWith("expanding")) {
                        out.printf(Locale.ROOT, "%-34s %12.0f of %.0f images failed, parameters %s, %.1f%% correct%n",
                                row.name(), row.value(), find(file, row, "images"),
                                find(file, row, "finite") == 1 ? "finite" : "not finite", 100 * find(file, row, "accuracy"));
                    }
                }
                case "training stepUs" -> out.printf(Locale.ROOT,
                        "%-34s %12.0f µs for each step, %.0f steps, %.1f%% correct after a quarter of the time, %.1f%% at the end%n",
                        row.name(), row.value(), find(file, row, "steps"), 100 * find(file, row, "accuracyQuarter"),
                        100 * find(file, row, "accuracyEnd"));
                case "streaming rowsPerSecond" -> out.printf(Locale.ROOT, "%-34s %12.0f images per second%n", label, row.value());
                case "depth bytes" -> out.printf(Locale.ROOT, "%-34s %12.1f MiB%n", row.name(), row.value() / 0x1p20);
                default -> {}
            }
        }
        ProblemTable.print(file.results(), out);
        file.results().stream()
                .filter(row -> row.suite().equals("training") && row.name().startsWith("digits") && row.metric().equals("accuracy"))
                .forEach(row -> out.printf(Locale.ROOT, "%-34s %11.1f%% of unseen digits correct after %.1f s on %d threads%n",
                        "trained " + row.name(),
                        100 * row.value(), find(file, row, "seconds"), row.threads()));
    }

    private static String ceilingFraction(StudyFile.Row row) {
        return row.ofLimit() == null ? "" : String.format(Locale.ROOT, ", %.2f of the ceiling", row.ofLimit());
    }

    /** A warning if the code allocated, which means that it was not fully compiled. For a ratio, both sides count. */
    private static String mark(StudyFile file, StudyFile.Row row) {
        List<String> engines = List.of(row.engine().split("/", -1));
        double bytes = file.results().stream()
                .filter(other -> other.metric().equals("allocated") && other.name().equals(row.name()) && engines.contains(other.engine()))
                .mapToDouble(StudyFile.Row::value)
                .max()
                .orElse(0);
        return bytes == 0 ? "" : String.format(Locale.ROOT, ", UNRELIABLE: not fully compiled, still allocates %.0f B in each call", bytes);
    }

    private static double orZero(double value) {
        return Double.isNaN(value) ? 0 : value;
    }

    /** Another metric of the same case on the same engine; NaN if there is none. */
    private static double find(StudyFile file, StudyFile.Row like, String metric) {
        List<StudyFile.Row> rows = file.results();
        return rows.stream()
                .filter(row -> row.name().equals(like.name()) && row.engine().equals(like.engine()) && row.metric().equals(metric))
                .mapToDouble(StudyFile.Row::value)
                .findFirst()
                .orElse(Double.NaN);
    }
}
