package dev.zstar.reports;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import dev.zstar.kernels.tuning.Tuned;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Shows what this machine can compute with, and why an engine cannot run. */
@Command(name = "doctor", description = "Shows this machine, and which engines can run on it.", mixinStandardHelpOptions = true)
final class DoctorCommand implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        Machine machine = Machine.read();
        out.printf("zstar      %s%n", Zstar.version());
        out.printf(Locale.ROOT, "processor  %s, %d available to this process%n", machine.cpu(), machine.processors());
        machine.caches().forEach(cache -> out.printf("           %s%n", cache));
        out.printf(Locale.ROOT, "memory     %.1f GiB%n", machine.memory() / 0x1p30);
        out.printf("system     %s%n", machine.os());
        out.printf("java       %s%n", machine.jdk());
        out.printf("profile    %s%n", Tuned.profileFile().filter(Files::exists).map(Path::toString).orElse("none (zstar tune writes one)"));
        machine.notes().forEach(note -> out.printf("note       %s%n", note));
        out.println();
        for (EngineProvider provider : Engines.providers()) {
            out.printf("%-10s %s%n", provider.name(),
                    provider.unavailable().map(reason -> "not available: " + reason).orElseGet(() -> "ready: " + provider.description()));
            if (provider.unavailable().isEmpty()) {
                provider.notes().forEach(note -> out.printf("           %s%n", note));
            }
        }
        out.flush();
    }
}
