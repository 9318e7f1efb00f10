package dev.zstar.reports;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;

/** The file to which a command writes its training, and from which it resumes. */
final class TrainingFile {
    private TrainingFile() {}

    /** Writes a training to a file. */
    @FunctionalInterface
    interface Save {
        void to(Path file) throws IOException;
    }

    /**
     * The file to write: that of {@code --out}, or without it that of {@code --resume}. Refuses to overwrite another training.
     *
     * @param resume null for none
     * @param trains whether the command will write
     */
    static Path of(CommandLine command, Path out, Path resume, boolean trains) {
        Path file = resume != null && !command.getParseResult().hasMatchedOption("--out") ? resume : out;
        if (trains && !file.equals(resume) && Files.exists(file)) {
            throw new IllegalArgumentException("--out " + file + " exists; expected a new file, or --resume " + file + " to go on from it");
        }
        return file;
    }

    /** Writes the file before training, so that one that cannot be written does not cost the time of training. */
    static void first(Save save, Path file) {
        try {
            save.to(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    file + " cannot be written (" + e.getClass().getSimpleName() + "); choose another file with --out", e);
        }
    }
}
