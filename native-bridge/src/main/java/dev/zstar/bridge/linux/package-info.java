/**
 * What only the kernel of Linux can tell or do for a measurement: counters of the processor, and threads that stay on one processor.
 *
 * <p>{@code Counters} reads events by {@code perf_event_open}. {@code Affinity} keeps threads on processors by {@code sched_setaffinity}.
 * {@code CLibrary} has the functions of the C library that both need. Where the system refuses, each gives a reason in one sentence.
 */
package dev.zstar.bridge.linux;
