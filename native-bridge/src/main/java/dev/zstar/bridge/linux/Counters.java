package dev.zstar.bridge.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Counts events of the thread that opens them, and of the threads that it starts afterwards. The counters run from {@link #open} on; what a
 * piece of code took is the difference of two reads.
 *
 * <p>If the processor has fewer counters than events, the kernel counts each of them for a part of the time, and {@link #read} extrapolates
 * to the whole. Any thread may read, one at a time.
 *
 * <p>The source of the numbers is {@code linux/perf_event.h}.
 */
public final class Counters implements AutoCloseable {
    /** Bytes of the first version of {@code perf_event_attr}, which every kernel takes. */
    private static final int ATTRIBUTE_BYTES = 64;
    private static final int HARDWARE = 0;
    private static final int SOFTWARE = 1;
    /** Each read gives the count, the time since the event was opened, and how long of that it was counted. */
    private static final long READ_TIMES = 1 | 2;
    private static final long INHERIT = 1 << 1;
    private static final long NOT_KERNEL = 1 << 5;
    private static final long NOT_HYPERVISOR = 1 << 6;

    private final List<Event> events;
    private final int[] descriptors;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment record = arena.allocate(3 * Long.BYTES, Long.BYTES);
    private boolean closed;

    private Counters(List<Event> events, int[] descriptors) {
        this.events = events;
        this.descriptors = descriptors;
    }

    /** Why this event cannot be counted here; empty if it can. */
    public static Optional<String> unavailable(Event event) {
        Objects.requireNonNull(event, "Counters.unavailable: event is null");
        if (CLibrary.unavailable().isPresent()) {
            return CLibrary.unavailable();
        }
        long descriptor = tryOpen(event);
        if (descriptor < 0) {
            return Optional.of(Refusal.of((int) -descriptor));
        }
        CLibrary.close((int) descriptor);
        return Optional.empty();
    }

    /** The events that can be counted here, in the order of {@link Event}. */
    public static List<Event> available() {
        return Arrays.stream(Event.values()).filter(event -> unavailable(event).isEmpty()).toList();
    }

    /** One line for people: which events can be counted here, and why others cannot. */
    public static String summary() {
        return summary(available(), unavailable(Event.CYCLES));
    }

    /** @param reason why cycles cannot be counted */
    static String summary(List<Event> available, Optional<String> reason) {
        String counted = available.stream().map(Event::title).collect(Collectors.joining(", "));
        if (reason.isEmpty()) {
            return "ready: " + counted;
        }
        return (available.isEmpty() ? "not available: " : "only " + counted + ": ") + reason.get();
    }

    /**
     * Opens counters.
     *
     * @param events at least one; each may occur once
     * @throws IllegalArgumentException if there is no event, or one of them twice
     * @throws UnsupportedOperationException if one of them cannot be counted here; the message has the reason of {@link #unavailable}
     */
    public static Counters open(List<Event> events) {
        Objects.requireNonNull(events, "Counters.open: events is null");
        List<Event> wanted = List.copyOf(events);
        if (wanted.isEmpty() || wanted.stream().distinct().count() < wanted.size()) {
            throw new IllegalArgumentException("Counters.open: events is " + wanted + ", expected at least one, each once");
        }
        CLibrary.require();
        List<Integer> opened = new ArrayList<>();
        for (Event event : wanted) {
            long descriptor = tryOpen(event);
            if (descriptor < 0) {
                opened.forEach(CLibrary::close);
                throw new UnsupportedOperationException(event.title() + " cannot be counted: " + Refusal.of((int) -descriptor));
            }
            opened.add((int) descriptor);
        }
        return new Counters(wanted, opened.stream().mapToInt(Integer::intValue).toArray());
    }

    /** The descriptor, or the negative error number. */
    private static long tryOpen(Event event) {
        try (Arena memory = Arena.ofConfined()) {
            MemorySegment attributes = memory.allocate(ATTRIBUTE_BYTES, Long.BYTES);
            attributes.set(JAVA_INT, 0, event.hardware() ? HARDWARE : SOFTWARE);
            attributes.set(JAVA_INT, 4, ATTRIBUTE_BYTES);
            attributes.set(JAVA_LONG, 8, event.number());
            attributes.set(JAVA_LONG, 32, READ_TIMES);
            // The kernel permits more users to count user code alone. Its own events, such as switches, would then count as 0.
            attributes.set(JAVA_LONG, 40, INHERIT | (event.hardware() ? NOT_KERNEL | NOT_HYPERVISOR : 0));
            return CLibrary.perfEventOpen(attributes);
        }
    }

    /** What is counted, in the order of {@link #read}. */
    public List<Event> events() {
        return events;
    }

    /**
     * Writes the counts since {@link #open}. It allocates nothing.
     *
     * @param counts one for each event, in the order of {@link #events}; nanoseconds for {@link Event#TASK_CLOCK}
     * @throws IllegalArgumentException if its length is not the number of events
     * @throws IllegalStateException after {@link #close}, or if the kernel gives no count
     */
    public synchronized void read(long[] counts) {
        Objects.requireNonNull(counts, "Counters.read: counts is null");
        if (counts.length != descriptors.length) {
            throw new IllegalArgumentException(
                    "Counters.read: the length of counts is " + counts.length + ", expected " + descriptors.length);
        }
        if (closed) {
            throw new IllegalStateException("Counters.read: the counters are closed");
        }
        for (int i = 0; i < descriptors.length; i++) {
            long bytes = CLibrary.read(descriptors[i], record);
            if (bytes != record.byteSize()) {
                throw new IllegalStateException("Counters.read: the kernel gave " + bytes + " bytes for " + events.get(i).title()
                        + ", expected " + record.byteSize());
            }
            counts[i] = extrapolated(record.get(JAVA_LONG, 0), record.get(JAVA_LONG, 8), record.get(JAVA_LONG, 16));
        }
    }

    /** The count of the whole time, if it was counted for a part of it. */
    static long extrapolated(long count, long enabled, long running) {
        return running <= 0 || running >= enabled ? count : Math.round((double) count * enabled / running);
    }

    /** Stops counting. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            for (int descriptor : descriptors) {
                CLibrary.close(descriptor);
            }
            arena.close();
        }
    }
}
