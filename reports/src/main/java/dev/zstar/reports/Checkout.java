package dev.zstar.reports;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The checkout in which this code was built, whatever the working directory is.
 */
final class Checkout {
    private static final int SECONDS = 10;

    private Checkout() {}

    /** The commit as {@code git describe} prints it; empty if the code is in no checkout of this project, or git fails. */
    static Optional<String> commit() {
        CodeSource source = Zstar.class.getProtectionDomain().getCodeSource();
        try {
            return source == null ? Optional.empty() : commit(Path.of(source.getLocation().toURI()));
        } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
            return Optional.empty();
        }
    }

    /** The commit of the checkout that holds this file or folder. */
    static Optional<String> commit(Path code) {
        for (Path folder = code.toAbsolutePath(); folder != null; folder = folder.getParent()) {
            // In a worktree it is a file. The first one decides: a jar may have been copied into the checkout of another project.
            if (Files.exists(folder.resolve(".git"))) {
                boolean own = Files.exists(folder.resolve("zstar")) && Files.exists(folder.resolve("reports/pom.xml"));
                return own ? describe(folder) : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private static Optional<String> describe(Path folder) {
        ProcessBuilder builder = new ProcessBuilder(
                "git", "--no-optional-locks", "-C", folder.toString(), "describe", "--always", "--dirty");
        // Git hooks set these variables, which take precedence over the folder.
        builder.environment().keySet().removeIf(name -> name.startsWith("GIT_"));
        try {
            Process git = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
            git.getOutputStream().close();
            if (!git.waitFor(SECONDS, TimeUnit.SECONDS)) {
                git.destroyForcibly();
                return Optional.empty();
            }
            String text = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return git.exitValue() == 0 && !text.isEmpty() ? Optional.of(text) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
