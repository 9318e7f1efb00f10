package dev.zstar.reports;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;

/** The file from which training can resume. Training never replaces the file of another one. */
final class TrainingFile {
    private TrainingFile() {}

    /** What is saved. */
    @FunctionalInterface
    interface Model {
        void save(Path file) throws IOException;
    }

    /**
     * The file that training writes: that of {@code --resume}, unless {@code --out} was given too.
     *
     * @param resume null for a new training
     * @throws IllegalArgumentException if training would replace a file that it does not resume from
     */
    static Path choose(CommandSpec spec, Path out, Path resume, double minutes) {
        Path file = resume != null && !spec.commandLine().getParseResult().hasMatchedOption("--out") ? resume : out;
        if (minutes > 0 && !file.equals(resume) && Files.exists(file)) {
            throw new IllegalArgumentException("--out " + file + " exists; expected a new file, or --resume " + file + " to go on from it");
        }
        return file;
    }

    /** Writes the file before training, so that one that cannot be written does not cost the time of training. */
    static void first(Model model, Path file) {
        try {
            model.save(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    file + " cannot be written (" + e.getClass().getSimpleName() + "); choose another file with --out", e);
        }
    }
}
