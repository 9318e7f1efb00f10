package dev.zstar.reports;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Puts the result of a study beside those of other machines, and writes the index that compares them. */
@Command(
        name = "publish",
        description = "Copies a study into the folder of published reports, and writes the index that compares machines.",
        mixinStandardHelpOptions = true)
final class PublishCommand implements Callable<Integer> {
    /** Words that all processors' names have. */
    private static final Pattern NOISE = Pattern.compile("\\((r|tm)\\)|\\b(processor|cpu)\\b|@.*|\\d+-core");
    private static final Pattern OTHER = Pattern.compile("[^a-z0-9]+");

    @Parameters(paramLabel = "STUDY", description = "The folder of a study that has finished.")
    private Path study;

    @Option(names = "--name", paramLabel = "NAME",
            description = "The machine's folder: letters a to z, digits, dots and hyphens (default: from its processor).")
    private String name;

    @Option(names = "--to", paramLabel = "DIR", description = "The folder of all reports (default: ${DEFAULT-VALUE}).",
            defaultValue = "reports/published")
    private Path to;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        StudyFile file = StudyFile.read(study).withoutFolders();
        if (Boolean.FALSE.equals(file.finished())) {
            throw new IllegalArgumentException(study + " has not finished; expected a whole study (zstar study --resume " + study + ")");
        }
        String folder = name != null ? name : folder(file.machine());
        if (!PublishedIndex.isMachine(folder)) {
            throw new IllegalArgumentException("--name " + folder + "; expected letters a to z, digits, dots and hyphens");
        }
        Path place = to.resolve(folder);
        Path index = to.resolve("README.md");
        requireOwn(place, index);
        OutputFile.requireFolder("--to", place);
        OutputFile.write("--to", place.resolve("study.json"), file.json());
        OutputFile.write("--to", place.resolve("index.html"), Page.study(file));
        OutputFile.write("--to", index, PublishedIndex.of(to));
        spec.commandLine().getOut().printf("The page: %s%nThe index: %s%n", place.resolve("index.html"), index);
        spec.commandLine().getOut().flush();
        return 0;
    }

    /** Nothing is replaced but what this command has written. A link would have the file of another folder replaced. */
    private static void requireOwn(Path place, Path index) {
        for (Path file : List.of(place, place.resolve("study.json"), place.resolve("index.html"), index)) {
            if (Files.isSymbolicLink(file)) {
                throw new IllegalArgumentException(file + " is a symbolic link; expected a file or folder of published reports");
            }
        }
        if (Files.exists(place.resolve("index.html")) && !Files.exists(place.resolve("study.json"))) {
            throw new IllegalArgumentException(place + " has a page, but no study; choose another --name");
        }
        if (Files.exists(index) && !PublishedIndex.isIndex(index)) {
            throw new IllegalArgumentException(
                    index + " exists and is not the index of published reports; choose another folder with --to");
        }
    }

    /** Such as {@code intel-xeon-gold-6338-2}: the processor, and how many of them the study could use. */
    static String folder(Machine machine) {
        String plain = NOISE.matcher(machine.cpu().toLowerCase(Locale.ROOT)).replaceAll(" ");
        String words = OTHER.matcher(plain).replaceAll("-").replaceAll("^-|-$", "");
        return (words.isEmpty() ? "unknown" : words.substring(0, Math.min(50, words.length()))) + "-" + machine.processors();
    }
}
