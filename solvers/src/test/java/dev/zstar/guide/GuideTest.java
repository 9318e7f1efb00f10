package dev.zstar.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.FixedPoint;
import dev.zstar.kernels.Block;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The guide shows code that runs. Each page has a test class here, {@code Level1…} for page 1, with marked parts: from a line
 * {@code // guide} to a line {@code // end}, without the lines between {@code // hide} and {@code // show}. The page has exactly these
 * parts as its Java blocks, in this order.
 */
class GuideTest {
    private static final Path ROOT = Path.of("..");
    private static final Path GUIDE = ROOT.resolve("docs", "guide");
    private static final Path SOURCES = Path.of("src", "test", "java", "dev", "zstar", "guide");
    private static final Pattern JAVA = Pattern.compile("^```java\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern MARKED = Pattern.compile("^( *)// guide\n(.*?)^ *// end$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern HIDDEN = Pattern.compile("^ *// hide\n.*?^ *// show\n", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");

    private static List<String> blocks(String page) {
        return JAVA.matcher(page).results().map(block -> block.group(1)).toList();
    }

    private static List<String> parts(String source) {
        List<String> parts = new ArrayList<>();
        Matcher marked = MARKED.matcher(source);
        while (marked.find()) {
            int indent = marked.group(1).length();
            parts.add(HIDDEN.matcher(marked.group(2)).replaceAll("").lines().map(line -> line.substring(Math.min(indent, line.length())))
                    .collect(Collectors.joining("\n", "", "\n")));
        }
        return parts;
    }

    @ParameterizedTest
    @CsvSource({
        "1-first-solve, Level1FirstSolveTest",
        "2-own-map, Level2OwnMapTest",
        "3-layer-and-training, Level3LayerTest",
        "4-choosing-a-solver, Level4SolversTest",
        "5-choosing-a-gradient, Level5GradientsTest",
        "6-when-it-fails, Level6FailuresTest",
        "7-memory-and-threads, Level7MemoryTest",
        "8-engines-and-flags, Level8EnginesTest",
        "11-weights, Level11WeightsTest",
        "13-language, Level13LanguageTest",
        "14-neural-odes, Level14OdesTest",
    })
    void aPageShowsExactlyTheCodeThatRuns(String page, String source) throws IOException {
        List<String> shown = blocks(Files.readString(GUIDE.resolve(page + ".md")));
        assertThat(shown).isNotEmpty().isEqualTo(parts(Files.readString(SOURCES.resolve(source + ".java"))));
    }

    /** And the program of the empty project after it. */
    @Test
    void theReadmeShowsTheCodeThatRuns() throws IOException {
        List<String> shown = blocks(Files.readString(ROOT.resolve("README.md")));
        assertThat(shown.subList(0, shown.size() - 1)).isEqualTo(parts(Files.readString(SOURCES.resolve("ReadmeTest.java"))));
    }

    /** Page 10 shows a program, parts of its test, and the training. */
    @Test
    void thePageOfCellsShowsTheCodeThatRuns() throws IOException {
        List<String> shown = blocks(Files.readString(GUIDE.resolve("10-cells.md")));
        List<String> parts = new ArrayList<>(parts(Files.readString(SOURCES.resolve("Level10CellsTest.java"))));
        parts.addAll(parts(Files.readString(SOURCES.resolve("TrainingTest.java"))));
        assertThat(shown.subList(1, shown.size())).isEqualTo(parts);
    }

    /** Fails unless a page of the guide shows this text, on however many lines. */
    static void assertShown(String page, String text) throws IOException {
        assertThat(Files.readString(GUIDE.resolve(page))).containsIgnoringWhitespaces(text);
    }

    static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.list(GUIDE)) {
            return Stream.concat(
                    Stream.of(ROOT.resolve("README.md")), files.filter(file -> file.toString().endsWith(".md")).sorted()).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyLinkLeadsToAFile(Path page) throws IOException {
        assertThat(LINK.matcher(Files.readString(page)).results().map(link -> page.resolveSibling(link.group(1)))).allSatisfy(
                target -> assertThat(target).exists());
    }

    /** The program of the empty project, with the flags that are given there. */
    @Test
    void theProgramInTheReadmeRuns(@TempDir Path folder) throws IOException, InterruptedException {
        String readme = Files.readString(ROOT.resolve("README.md"));
        assertThat(printed(folder, blocks(readme).getLast())).isEqualTo("0.7390851332" + System.lineSeparator());
    }

    /** The program of page 10, in at most 20 lines, prints the state and gradients. */
    @Test
    void theProgramOfANetworkRuns(@TempDir Path folder) throws IOException, InterruptedException {
        String program = blocks(Files.readString(GUIDE.resolve("10-cells.md"))).getFirst();
        assertThat(program.lines().count()).isLessThanOrEqualTo(20);
        assertThat(printed(folder, program).split(" ")).hasSize(3).allSatisfy(number -> assertThat(Double.parseDouble(number)).isNotZero());
    }

    /** What a program prints, with the flags of the README. */
    private static String printed(Path folder, String program) throws IOException, InterruptedException {
        Path main = Files.writeString(folder.resolve("Main.java"), program);
        Path printed = folder.resolve("printed");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        Pattern.compile("<argument>(--[^<]*|jdk[^<]*)</argument>").matcher(Files.readString(ROOT.resolve("README.md"))).results()
                .forEach(flag -> command.add(flag.group(1)));
        String classPath = Stream.of(FixedPoint.class, Block.class)
                .map(type -> Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString())).toString())
                .collect(Collectors.joining(File.pathSeparator));
        command.addAll(List.of("-Dzstar.profile=none", "-Duser.language=en", "-cp", classPath, main.toString()));
        Path warned = folder.resolve("warned");
        Process process = new ProcessBuilder(command).redirectError(warned.toFile()).redirectOutput(printed.toFile()).start();
        assertThat(process.waitFor()).as("%s", Files.readString(warned)).isZero();
        return Files.readString(printed);
    }
}
