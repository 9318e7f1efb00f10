package dev.zstar.reports;

import dev.zstar.benchmarks.study.StudyException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. */
@Command(
        name = "zstar",
        description = "Solves z* = f(z*, x), differentiates through the solution, and measures the speed of both.",
        mixinStandardHelpOptions = true,
        subcommands = {
            StudyCommand.class, AbCommand.class, CompareCommand.class, ReportCommand.class, PublishCommand.class, SolveCommand.class,
            ReasonCommand.class, LanguageCommand.class, TuneCommand.class, DoctorCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Also: zstar test        runs all tests", "      zstar jmh [ARGS]  runs single benchmarks",
            "      zstar peers FILE  formats the results of zstar jmh Peers as tables"})
public final class Zstar implements Runnable {
    /** The width of a terminal for which texts are wrapped. */
    static final int WIDTH = 110;

    /** Ends the help of every command. */
    private static final String EXIT_CODES =
            "Exit code: 0 for success, 1 for a failure or a regression, 2 for a wrong option, value or file.";

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    /** Runs a command and exits with its code. */
    public static void main(String[] arguments) {
        // The libraries that draw progress or describe the system format without naming a locale.
        Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Zstar());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpWidth(WIDTH);
        line.setExecutionStrategy(Zstar::execute);
        line.setExecutionExceptionHandler((exception, command, _) -> failed(exception, command.getErr()));
        line.setParameterExceptionHandler((exception, _) -> misunderstood(exception));
        describe(line);
        line.getSubcommands().values().forEach(Zstar::describe);
        return line;
    }

    /** Every command says its version, and what its exit codes mean. */
    private static void describe(CommandLine command) {
        command.getCommandSpec().versionProvider(new Version());
        CommandLine.Model.UsageMessageSpec usage = command.getCommandSpec().usageMessage();
        List<String> footer = new ArrayList<>(List.of(usage.footer()));
        footer.addAll(List.of("", EXIT_CODES));
        usage.footer(footer.toArray(String[]::new));
    }

    /** Handles errors, such as a lack of memory, like exceptions. */
    private static int execute(CommandLine.ParseResult parsed) {
        try {
            return new CommandLine.RunLast().execute(parsed);
        } catch (Error e) {
            throw new CommandLine.ExecutionException(parsed.asCommandLineList().getLast(), e.toString(), e);
        }
    }

    private static int failed(Exception exception, PrintWriter err) {
        boolean wrapped = exception instanceof CommandLine.ExecutionException && exception.getCause() != null;
        Throwable reason = wrapped ? exception.getCause() : exception;
        err.println("zstar: " + switch (reason) {
            case StudyException e -> e.getMessage();
            case IllegalArgumentException e -> e.getMessage();
            case UnsupportedOperationException e -> e.getMessage();
            case UncheckedIOException e -> e.getMessage();
            case OutOfMemoryError e -> "out of memory: " + e.getMessage();
            default -> "internal error: " + reason + " (set ZSTAR_DEBUG=1 for the stack trace)";
        });
        String debug = System.getenv("ZSTAR_DEBUG");
        if (debug != null && !debug.isEmpty()) {
            reason.printStackTrace(err);
        }
        // Libraries and commands refuse a value of an option with this exception.
        return reason instanceof IllegalArgumentException ? 2 : 1;
    }

    /** Prints the error in one line, and where to find help in another. The whole help would hide the error. */
    private static int misunderstood(CommandLine.ParameterException exception) {
        CommandLine command = exception.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("zstar: " + exception.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(exception, err);
        err.println("See " + command.getCommandSpec().qualifiedName() + " --help");
        return command.getCommandSpec().exitCodeOnInvalidInput();
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
        ModuleDescriptor descriptor = Zstar.class.getModule().getDescriptor();
        return descriptor == null ? "(development)" : descriptor.rawVersion().orElse("(development)");
    }
}
