package dev.zstar.benchmarks.study;

import dev.zstar.bridge.linux.Counters;
import dev.zstar.bridge.linux.Event;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the processor's counters say of a call: instructions for each cycle, and misses. */
final class CallEvents {
    /** Calls are repeated for about this time, so that reading the counters costs nothing. */
    private static final double NANOS = 10e6;
    private static final int MOST = 1_000_000;

    private CallEvents() {}

    /**
     * Counters of the calling thread and of those that it will start, so open them before a team. Empty where the processor's counters
     * cannot be read.
     */
    static Optional<Counters> open(Deque<AutoCloseable> held) {
        List<Event> events = Counters.available().stream().filter(Event::hardware).toList();
        if (events.isEmpty()) {
            return Optional.empty();
        }
        try {
            Counters counters = Counters.open(events);
            held.push(counters);
            return Optional.of(counters);
        } catch (UnsupportedOperationException e) {
            // They were there a moment ago; the figures that need them are left out.
            return Optional.empty();
        }
    }

    /** Counts the events of a body that takes this time. */
    static SortedMap<String, Double> of(Counters counters, Runnable body, double nanos) {
        int calls = (int) Math.clamp(NANOS / nanos, 1, MOST);
        long[] before = new long[counters.events().size()];
        long[] after = before.clone();
        counters.read(before);
        for (int i = 0; i < calls; i++) {
            body.run();
        }
        counters.read(after);
        for (int i = 0; i < after.length; i++) {
            after[i] -= before[i];
        }
        return figures(counters.events(), after, calls);
    }

    /** The figures that follow from these counts, by metric. */
    static SortedMap<String, Double> figures(List<Event> events, long[] counts, int calls) {
        TreeMap<String, Double> figures = new TreeMap<>();
        double cycles = count(events, counts, Event.CYCLES);
        double instructions = count(events, counts, Event.INSTRUCTIONS);
        if (cycles > 0 && instructions > 0) {
            figures.put("ipc", instructions / cycles);
        }
        put(figures, "cacheMisses", count(events, counts, Event.CACHE_MISSES) / calls);
        put(figures, "branchMisses", count(events, counts, Event.BRANCH_MISSES) / calls);
        return figures;
    }

    private static void put(Map<String, Double> figures, String metric, double value) {
        if (!Double.isNaN(value)) {
            figures.put(metric, value);
        }
    }

    private static double count(List<Event> events, long[] counts, Event event) {
        int at = events.indexOf(event);
        return at < 0 ? Double.NaN : counts[at];
    }
}
