package dev.zstar.reports;

import dev.zstar.reports.results.ResultReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Draws result files as one page. */
@Command(
        name = "report", description = "Draws result files, of JMH or of studies, as one HTML page.", mixinStandardHelpOptions = true)
final class ReportCommand implements Runnable {
    private static final String PAGE = "index.html";

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "JMH's JSON, a study.json, or the folder of a study. Each is a series.")
    private List<Path> files;

    @Option(names = {"-o", "--out"}, required = true, paramLabel = "DIR", description = "Folder for the page, index.html.")
    private Path out;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        for (int i = 1; i < files.size(); i++) {
            if (files.subList(0, i).contains(files.get(i))) {
                throw new IllegalArgumentException(files.get(i) + " is given twice; expected different files");
            }
        }
        String page = Page.report(ReportData.of(files.stream().map(ResultReader::read).toList()).json());
        OutputFile.requireFolder("--out", out);
        Path file = out.resolve(PAGE);
        if (Files.exists(file) && !Page.isReport(file)) {
            throw new IllegalArgumentException(file + " exists and is not the page of a report; choose another folder with --out");
        }
        OutputFile.write("--out", file, page);
        spec.commandLine().getOut().printf("The page: %s%n", file);
        spec.commandLine().getOut().flush();
    }
}
