package dev.zstar.reports;

import dev.zstar.kernels.tuning.SavedProfile;
import dev.zstar.reports.machine.Doctor;
import dev.zstar.reports.machine.DoctorText;
import dev.zstar.reports.machine.Hardware;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Shows what this machine can compute with, what slows it down, and why an engine cannot run. */
@Command(name = "doctor", description = "Shows this machine, and which engines can run on it.", mixinStandardHelpOptions = true)
final class DoctorCommand implements Runnable {
    @Option(names = "--json", description = "Prints JSON, whose schema is in the guide.")
    private boolean json;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        SavedProfile saved = SavedProfile.find();
        Doctor doctor = Doctor.read(Zstar.version(), Hardware.read(), new Doctor.ProfileState(
                saved.file().map(Path::toString).orElse(null), saved.state(), saved.reason().orElse(null)));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(doctor));
        } else {
            DoctorText.of(doctor).forEach(out::println);
        }
        out.flush();
    }
}
