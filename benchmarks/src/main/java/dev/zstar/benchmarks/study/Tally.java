package dev.zstar.benchmarks.study;

import dev.zstar.solvers.Status;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How the rows of many random solves ended, and which guarantees of the solvers were violated. */
final class Tally {
    /** Violations that are described in full: the first of each kind, up to this many. */
    private static final int DESCRIBED = 20;

    private final Map<Status, Long> statuses = new EnumMap<>(Status.class);
    private final Map<String, Long> kinds = new TreeMap<>();
    private final List<String> descriptions = new ArrayList<>();
    private long rows;
    private long violations;

    /** A row ended with this status; null if it has none. */
    void addRow(Status status) {
        rows++;
        if (status != null) {
            statuses.merge(status, 1L, Long::sum);
        }
    }

    /**
     * A guarantee was violated.
     *
     * @param kind the same for all violations of the same guarantee
     * @param description what happened in which solve
     */
    void addViolation(String kind, String description) {
        violations++;
        if (kinds.merge(kind, 1L, Long::sum) == 1 && descriptions.size() < DESCRIBED) {
            descriptions.add(description);
        }
    }

    /** How many rows ended with each status. */
    Map<Status, Long> statuses() {
        return statuses;
    }

    /** How many rows ended. */
    long rows() {
        return rows;
    }

    /** How often a guarantee was violated. */
    long violations() {
        return violations;
    }

    /** The first violation of each kind, in words. */
    List<String> descriptions() {
        return descriptions;
    }
}
