package dev.zstar.reports;

import dev.zstar.benchmarks.study.StudyException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. Exit codes: 0 done, 1 failed with a sentence, 2 not understood. */
@Command(
        name = "zstar",
        description = "Solves z* = f(z*, x), differentiates through it, and measures how fast.",
        mixinStandardHelpOptions = true,
        versionProvider = Zstar.Version.class,
        subcommands = {StudyCommand.class, SolveCommand.class, TuneCommand.class, DoctorCommand.class},
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Also: zstar test (all tests), zstar jmh [ARGS] (single benchmarks), zstar peers FILE (results as tables)."})
public final class Zstar implements Runnable {
    /** Columns of the terminal that texts are made for. */
    static final int WIDTH = 110;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    /** Runs a command and exits with its code. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Zstar());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpWidth(WIDTH);
        line.setExecutionExceptionHandler((exception, command, _) -> {
            PrintWriter err = command.getErr();
            if (exception instanceof StudyException || exception instanceof IllegalArgumentException
                    || exception instanceof UnsupportedOperationException || exception instanceof java.io.UncheckedIOException) {
                err.println("zstar: " + exception.getMessage());
            } else {
                err.println("zstar: this is a bug: " + exception + " (set ZSTAR_DEBUG=1 to see where)");
            }
            if (System.getenv("ZSTAR_DEBUG") != null) {
                exception.printStackTrace(err);
            }
            return 1;
        });
        return line;
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"zstar " + version()};
        }
    }

    static String version() {
        java.lang.module.ModuleDescriptor descriptor = Zstar.class.getModule().getDescriptor();
        return descriptor == null ? "(development)" : descriptor.rawVersion().orElse("(development)");
    }
}
