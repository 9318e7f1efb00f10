package dev.zstar.bridge.linux;

/** What {@link Counters} counts. Hardware events are counted by the processor itself, software events by the kernel. */
public enum Event {
    /** Cycles of the processor in user code. */
    CYCLES("cycles", true, 0),
    /** Instructions that ended, in user code. */
    INSTRUCTIONS("instructions", true, 1),
    /** Reads and writes that missed the last cache, or what the processor counts as such, in user code. */
    CACHE_MISSES("cache misses", true, 3),
    /** Branches that were predicted wrongly, in user code. */
    BRANCH_MISSES("branch misses", true, 5),
    /** Nanoseconds that the threads spent on a processor. */
    TASK_CLOCK("task clock", false, 1),
    /** Pages that the kernel had to provide. */
    PAGE_FAULTS("page faults", false, 2),
    /** Switches from these threads to others, whatever the reason. */
    CONTEXT_SWITCHES("context switches", false, 3);

    private final String title;
    private final boolean hardware;
    private final long number;

    Event(String title, boolean hardware, long number) {
        this.title = title;
        this.hardware = hardware;
        this.number = number;
    }

    /** Its name in sentences. */
    public String title() {
        return title;
    }

    /** Whether the processor counts it. A virtual machine often hides such events. */
    public boolean hardware() {
        return hardware;
    }

    /** The number among the events of its kind, {@code PERF_COUNT_HW_…} or {@code PERF_COUNT_SW_…}. */
    long number() {
        return number;
    }
}
