package dev.zstar.bridge.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Why {@code perf_event_open} refused an event, in one sentence, and what to set. */
final class Refusal {
    private static final Path PARANOID = Path.of("/proc/sys/kernel/perf_event_paranoid");
    /** Up to this level, the kernel lets every user count what happens in user code. */
    private static final int PERMITTED = 2;

    private Refusal() {}

    static String of(int error) {
        return of(error, paranoid(), System.getProperty("os.arch", ""));
    }

    /** @param paranoid the text of {@code kernel.perf_event_paranoid}; empty if it cannot be read */
    static String of(int error, String paranoid, String processor) {
        return switch (error) {
            case CLibrary.EACCES, CLibrary.EPERM -> paranoid.matches("[0-9]{1,4}") && Integer.parseInt(paranoid) > PERMITTED
                    ? "kernel.perf_event_paranoid is " + paranoid + ", expected at most " + PERMITTED + "; sudo sysctl "
                            + "kernel.perf_event_paranoid=" + PERMITTED + " sets it"
                    : "the system forbids perf_event_open, as the seccomp filter of a container does; "
                            + "start the container with --cap-add PERFMON or --security-opt seccomp=unconfined";
            case CLibrary.ENOENT, CLibrary.ENODEV, CLibrary.EOPNOTSUPP ->
                    "the processor's counters are hidden here, as most virtual machines hide them";
            case CLibrary.ENOSYS -> CLibrary.perfEventOpenNumber(processor) < 0
                    ? "the number of perf_event_open is not known for the processor " + processor
                    : "the kernel has no perf_event_open, or a filter hides it";
            case CLibrary.EMFILE -> "the process has no file descriptor left";
            default -> "perf_event_open failed with error " + error;
        };
    }

    private static String paranoid() {
        try {
            return Files.readString(PARANOID).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
