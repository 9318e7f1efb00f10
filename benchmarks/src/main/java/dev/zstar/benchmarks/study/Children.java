package dev.zstar.benchmarks.study;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** The processes that a study has started. None outlives this JVM. */
final class Children {
    /** How long a process may take to end after it was asked to. */
    private static final long GRACE_MILLIS = 2000;

    /** Lines that a JVM prints in any case, such as the one about JAVA_TOOL_OPTIONS. */
    private static final Pattern CHATTER = Pattern.compile("^(WARNING|Picked up )");

    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    private Children() {}

    /**
     * The command that starts a JVM like this one.
     *
     * @param flags follow those of this JVM, and override them
     * @param main a class of this module
     */
    static List<String> command(List<String> flags, Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            // The port of the parent's debugger or agent is taken.
            if (!flag.startsWith("-agentlib") && !flag.startsWith("-javaagent")) {
                command.add(flag);
            }
        }
        command.addAll(flags);
        String modules = System.getProperty("jdk.module.path");
        String classes = System.getProperty("java.class.path", "");
        if (!classes.isEmpty()) {
            command.addAll(List.of("-cp", classes));
        }
        if (modules != null && main.getModule().isNamed()) {
            command.addAll(List.of("-p", modules, "-m", main.getModule().getName() + "/" + main.getName()));
        } else {
            command.add(main.getName());
        }
        command.addAll(arguments);
        return command;
    }

    /** Whether the process ends within this time. If this JVM ends first, or {@link #endAll} is called, the process ends, too. */
    static boolean ends(Process process, long seconds) throws InterruptedException {
        Thread hook = new Thread(() -> end(process));
        RUNNING.add(process);
        try {
            Runtime.getRuntime().addShutdownHook(hook);
            // The study may have been stopped since the process was started.
            if (Fork.isStopped()) {
                end(process);
            }
            boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
            Runtime.getRuntime().removeShutdownHook(hook);
            return ended;
        } catch (IllegalStateException e) {
            // This JVM ends, and neither takes hooks nor forgets them.
            Fork.stop();
            return process.waitFor(GRACE_MILLIS, TimeUnit.MILLISECONDS);
        } finally {
            RUNNING.remove(process);
        }
    }

    /** Ends all processes. */
    static void endAll() {
        RUNNING.forEach(Children::end);
    }

    /** The sentence by which a child says why it failed, from what it wrote to its standard error. */
    static String reason(Path err) throws IOException {
        // The child may write in another encoding.
        List<String> lines = new String(Files.readAllBytes(err), StandardCharsets.UTF_8).lines()
                .filter(line -> !line.isBlank() && !CHATTER.matcher(line).find())
                .toList();
        // Lines that were logged before the exception are not the reason.
        return lines.stream().filter(line -> line.startsWith("Exception in")).findFirst()
                .orElse(lines.isEmpty() ? "it printed no reason" : lines.getFirst());
    }

    /** Asks the process to end, and kills it if it does not. */
    private static void end(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
