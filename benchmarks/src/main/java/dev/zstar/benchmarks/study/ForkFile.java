package dev.zstar.benchmarks.study;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The file through which a child returns its result. */
final class ForkFile {
    private ForkFile() {}

    /** In the child: the parent finds the whole file or the one before, whenever the child ends. */
    static void write(Path file, Fork.Measured<?> measured) {
        Path part = part(file);
        try {
            try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(part))) {
                out.writeObject(measured);
            }
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new StudyException("the result of a JVM could not be written to " + file + ": " + e.getMessage());
        }
    }

    static Fork.Measured<?> read(Path file) throws IOException, ClassNotFoundException {
        try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(file))) {
            return (Fork.Measured<?>) in.readObject();
        }
    }

    /** Where the file is while it is written; a child that is killed leaves it. */
    static Path part(Path file) {
        return file.resolveSibling(file.getFileName() + ".new");
    }
}
