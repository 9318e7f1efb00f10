package dev.zstar.solvers.tensors;

import java.io.IOException;
import java.nio.file.Path;

/** A file breaks its format, or uses a part of it that is not supported. The message is one sentence that names the file. */
public final class MalformedFileException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient Path file;

    MalformedFileException(Path file, String sentence) {
        super(file + ": " + sentence);
        this.file = file;
    }

    /** The file; null after serialisation. */
    public Path file() {
        return file;
    }
}
