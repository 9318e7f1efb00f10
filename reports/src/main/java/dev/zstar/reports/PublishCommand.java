package dev.zstar.reports;

import dev.zstar.reports.terminal.Paragraph;
import dev.zstar.reports.terminal.Shown;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
    /** Names of many different processors. */
    private static final Pattern GENERIC = Pattern.compile("^[^0-9]*$|virtual|qemu|kvm");
    private static final Pattern OTHER = Pattern.compile("[^a-z0-9]+");

    /** The most characters of a name, without the number of processors. */
    private static final int MOST = 50;
    /** The most characters of a note. */
    private static final int NOTE = 300;

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
        requireStudy();
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
        try {
            OutputFile.write("--to", place.resolve("index.html"), Page.study(file));
            OutputFile.write("--to", index, PublishedIndex.of(to));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage() + "; " + place.resolve("study.json") + " is written", e);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf("The page: %s%nThe index: %s%n", place.resolve("index.html"), index);
        notes(file).forEach(note -> Paragraph.wrap("Note: ", Shown.of(note, NOTE) + ".", Zstar.WIDTH).forEach(out::println));
        out.flush();
        return 0;
    }

    private void requireStudy() {
        boolean exists = Files.exists(study);
        if (!exists || Files.isDirectory(study) && !Files.exists(study.resolve("study.json"))) {
            throw new IllegalArgumentException(study + (exists ? " has no study.json" : " does not exist")
                    + "; expected the folder that zstar study --full names at its end");
        }
    }

    /** What readers should know before they compare the figures with others. */
    private static List<String> notes(StudyFile file) {
        List<String> notes = new ArrayList<>(StudyExtent.of(file).notes());
        if (file.evidence() != null && file.evidence().disturbed() > 0) {
            notes.add("other work disturbed the study: " + file.evidence().disturbed() + " of " + file.evidence().seen().size()
                    + " measurements lost more than 1% of their time");
        }
        return notes;
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

    /**
     * Such as {@code intel-xeon-gold-6338-2}: the processor, and how many of them the study could use. A name such as "Intel Xeon
     * Processor", which virtual machines show, is that of many processors: the numbers of family and model follow it.
     */
    private String folder(Machine machine) {
        String plain = NOISE.matcher(machine.cpu().toLowerCase(Locale.ROOT)).replaceAll(" ");
        String words = OTHER.matcher(plain).replaceAll("-").replaceAll("^-|-$", "");
        String named = words.isEmpty() ? "unknown" : words.substring(0, Math.min(MOST, words.length()));
        if (GENERIC.matcher(named).find()) {
            String model = machine.model() == null ? "" : OTHER.matcher(machine.model().toLowerCase(Locale.ROOT)).replaceAll("-");
            if (!PublishedIndex.isMachine(model) || model.length() > MOST) {
                throw new IllegalArgumentException(study + " does not say which " + Shown.of(machine.cpu(), MOST)
                        + " it was measured on; expected --name NAME, such as " + named + "-FAMILY-MODEL-" + machine.processors()
                        + " with the numbers of /proc/cpuinfo");
            }
            named = named.substring(0, Math.min(MOST - model.length(), named.length())) + "-" + model;
        }
        return named + "-" + machine.processors();
    }
}
