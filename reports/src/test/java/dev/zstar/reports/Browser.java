package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Headless Chromium. */
final class Browser {
    private static final int SECONDS = 120;

    private Browser() {}

    private static Optional<Path> found() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .flatMap(folder -> Stream.of("chromium", "chromium-browser", "google-chrome").map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * The document of a page after its scripts ran, without them, without styles and without line breaks. Skips the test if there is no
     * Chromium.
     */
    static String drawn(Path folder, String html) throws IOException, InterruptedException {
        Optional<Path> browser = found();
        assumeTrue(browser.isPresent(), "no Chromium on the path");
        Path page = Files.writeString(folder.resolve("index.html"), html);
        File dom = folder.resolve("dom").toFile();
        Process process = new ProcessBuilder(browser.orElseThrow().toString(), "--headless", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--no-first-run", "--user-data-dir=" + folder.resolve("profile"),
                "--virtual-time-budget=20000", "--dump-dom", page.toUri().toString())
                .redirectOutput(dom).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
            throw new IllegalStateException("Chromium took more than " + SECONDS + " s");
        }
        String text = Files.readString(dom.toPath()).replace('\n', ' ').replaceAll("<(script|style).*?</\\1>", "");
        assertThat(text).as("the script came to its end").containsPattern("<body[^>]* data-rendered=\"true\"");
        return text;
    }
}
