package dev.zstar.solvers.tensors;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file in memory, read-only, with what every reader needs: little-endian integers, and a sentence for what is wrong. */
final class MappedFile {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    final Path path;
    final MemorySegment bytes;

    private MappedFile(Path path, MemorySegment bytes) {
        this.path = path;
        this.bytes = bytes;
    }

    /** Maps a file until the arena is closed. */
    static MappedFile open(Path path, Arena arena) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString(), null, "there is no such file");
        }
        // A pipe would block, and a folder can be opened on some systems.
        if (!Files.isRegularFile(path)) {
            throw new FileSystemException(path.toString(), null, "this is not a regular file");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size == 0) {
                throw new MalformedFileException(path, "the file is empty, expected tensors");
            }
            return new MappedFile(path, channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena));
        }
    }

    long size() {
        return bytes.byteSize();
    }

    int u8(long at) {
        return bytes.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }

    int u16(long at) {
        return bytes.get(SHORT, at) & 0xFFFF;
    }

    long u32(long at) {
        return bytes.get(INT, at) & 0xFFFFFFFFL;
    }

    /** Negative if the number is 2⁶³ or more. */
    long u64(long at) {
        return bytes.get(LONG, at);
    }

    MalformedFileException malformed(String sentence) {
        return new MalformedFileException(path, sentence);
    }
}
