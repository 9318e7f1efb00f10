package dev.zstar.solvers.tensors;

import static dev.zstar.solvers.guard.Arguments.present;

import dev.zstar.kernels.Block;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes several arrays in numpy's npz format, uncompressed, for {@code numpy.load}. Read with {@link TensorFile#open}. The same tensors
 * always give the same bytes. A new file replaces an old one as a whole; if writing fails, the old one stays.
 */
public final class Npz {
    private static final String OPERATION = "Npz.write";
    /** ZIP 4.5: with 64-bit sizes. */
    private static final int VERSION = 45;
    /** Names are in UTF-8. */
    private static final int FLAGS = 1 << 11;
    /** 1 January 1980, the first day of the format: files do not depend on the clock. */
    private static final int DAY = 0x21;
    private static final int LONGEST_NAME = 0xFFFF;
    private static final int CHECKSUM_AT = 14;

    private Npz() {}

    /** An array in the file so far. */
    private record Entry(TensorSource tensor, long at, long size, long checksum) {}

    /** Writes blocks in their own types, with the shapes {@code (rows, cols)}. */
    public static void write(Path path, Map<String, Block> blocks) throws IOException {
        write(path, TensorSource.all(OPERATION, blocks));
    }

    /**
     * Writes tensors, in the given order.
     *
     * @throws IllegalArgumentException if an element type is BF16, which numpy does not have, if a number is not in the range of its type,
     *     if two tensors have the same name, or if a name is a path that leads out of a folder
     */
    public static void write(Path path, Collection<TensorSource> tensors) throws IOException {
        present(OPERATION, "the path", path);
        TensorSource.require(OPERATION, tensors);
        Map<TensorSource, byte[]> headers = new LinkedHashMap<>();
        for (TensorSource tensor : tensors) {
            if (NpzReader.isPathTrick(tensor.name()) || name(tensor).length > LONGEST_NAME) {
                throw new IllegalArgumentException(OPERATION + ": a tensor has the name " + Names.quoted(tensor.name())
                        + ", expected a relative path without .. of fewer than 2¹⁶ bytes");
            }
            headers.put(tensor, Npy.header(OPERATION, tensor));
        }
        AtomicFile.write(path, out -> {
            List<Entry> entries = new ArrayList<>();
            for (Map.Entry<TensorSource, byte[]> each : headers.entrySet()) {
                entries.add(entry(each.getKey(), each.getValue(), out));
            }
            directory(entries, out);
        });
    }

    private static byte[] name(TensorSource tensor) {
        return (tensor.name() + NpzReader.SUFFIX).getBytes(StandardCharsets.UTF_8);
    }

    private static Entry entry(TensorSource tensor, byte[] header, Output out) throws IOException {
        byte[] name = name(tensor);
        long at = out.position();
        long size = header.length + tensor.bytes();
        out.number(ZipDirectory.LOCAL, 4);
        common(name, 0, out);
        out.number(20, 2);
        out.bytes(name);
        extra(2, out);
        out.number(size, 8);
        out.number(size, 8);
        out.startChecksum();
        out.bytes(header);
        tensor.write(OPERATION, out);
        long checksum = out.checksum();
        out.patch(at + CHECKSUM_AT, checksum);
        return new Entry(tensor, at, size, checksum);
    }

    /** What the local header and the directory share: from the version to the length of the name. All sizes are in the extra field. */
    private static void common(byte[] name, long checksum, Output out) throws IOException {
        out.number(VERSION, 2);
        out.number(FLAGS, 2);
        out.number(0, 2);
        out.number(0, 2);
        out.number(DAY, 2);
        out.number(checksum, 4);
        out.number(ZipDirectory.IN_64, 4);
        out.number(ZipDirectory.IN_64, 4);
        out.number(name.length, 2);
    }

    private static void extra(int numbers, Output out) throws IOException {
        out.number(ZipDirectory.EXTRA64, 2);
        out.number(8L * numbers, 2);
    }

    private static void directory(List<Entry> entries, Output out) throws IOException {
        long start = out.position();
        for (Entry entry : entries) {
            byte[] name = name(entry.tensor);
            out.number(ZipDirectory.CENTRAL, 4);
            out.number(VERSION, 2);
            common(name, entry.checksum, out);
            out.number(28, 2);
            // No comment, the first part, no attributes.
            out.number(0, 2);
            out.number(0, 2);
            out.number(0, 2);
            out.number(0, 4);
            out.number(ZipDirectory.IN_64, 4);
            out.bytes(name);
            extra(3, out);
            out.number(entry.size, 8);
            out.number(entry.size, 8);
            out.number(entry.at, 8);
        }
        if (!entries.isEmpty()) {
            end64(start, out.position(), entries.size(), out);
        }
        // All numbers are in the 64-bit record. Without entries there is none: numpy recognises an empty file by its first bytes.
        long number = entries.isEmpty() ? 0 : ZipDirectory.IN_64;
        out.number(ZipDirectory.END, 4);
        out.number(0, 4);
        out.number(number, 2);
        out.number(number, 2);
        out.number(number, 4);
        out.number(number, 4);
        out.number(0, 2);
    }

    private static void end64(long start, long end, int entries, Output out) throws IOException {
        out.number(ZipDirectory.END64, 4);
        out.number(ZipDirectory.END64_BYTES - 12, 8);
        out.number(VERSION, 2);
        out.number(VERSION, 2);
        out.number(0, 4);
        out.number(0, 4);
        out.number(entries, 8);
        out.number(entries, 8);
        out.number(end - start, 8);
        out.number(start, 8);
        out.number(ZipDirectory.LOCATOR64, 4);
        out.number(0, 4);
        out.number(end, 8);
        out.number(1, 4);
    }
}
