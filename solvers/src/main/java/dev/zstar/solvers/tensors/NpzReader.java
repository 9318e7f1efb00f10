package dev.zstar.solvers.tensors;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads npz files: ZIP files of npy arrays. The checksum of every entry is compared. Compressed entries are decompressed into memory of
 * the given arena, never beyond the size that the directory declares.
 */
final class NpzReader {
    static final String SUFFIX = ".npy";
    /** Deflate writes at most 258 bytes for two bits, so a larger declared size cannot be true. */
    private static final long LARGEST_RATIO = 1032;
    /** Buffers of the JDK hold fewer than 2³¹ bytes. */
    private static final long PIECE = 1 << 30;

    private final MappedFile file;
    private final Arena arena;
    private long remaining;
    private final long mostDecompressed;

    private NpzReader(MappedFile file, Arena arena, long mostDecompressed) {
        this.file = file;
        this.arena = arena;
        this.mostDecompressed = mostDecompressed;
        remaining = mostDecompressed;
    }

    static Contents read(MappedFile file, Arena arena, long mostDecompressed) throws MalformedFileException {
        return new NpzReader(file, arena, mostDecompressed).contents();
    }

    private Contents contents() throws MalformedFileException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (ZipDirectory.Entry entry : ZipDirectory.read(file)) {
            requireName(entry.name());
            MemorySegment bytes = entry.deflated() ? decompressed(entry) : entry.stored();
            CRC32 checksum = new CRC32();
            for (long at = 0; at < bytes.byteSize(); at += PIECE) {
                checksum.update(bytes.asSlice(at, Math.min(PIECE, bytes.byteSize() - at)).asByteBuffer());
            }
            if (checksum.getValue() != entry.checksum()) {
                throw malformed(entry,
                        String.format(Locale.ROOT, "has the checksum %08x, expected %08x", checksum.getValue(), entry.checksum()));
            }
            String name = entry.name().substring(0, entry.name().length() - SUFFIX.length());
            tensors.put(name, NpyReader.tensor(file.path, "the entry " + Names.quoted(entry.name()) + ": ", name, bytes));
        }
        return new Contents(tensors, Map.of());
    }

    private void requireName(String name) throws MalformedFileException {
        if (name.endsWith("data.pkl")) {
            throw file.malformed("this is a PyTorch checkpoint, which can run any code, expected an npz file; save the weights with "
                    + "safetensors.torch.save_file");
        }
        if (!name.endsWith(SUFFIX)) {
            throw file.malformed("the entry " + Names.quoted(name) + " is not an array, expected a name that ends in .npy");
        }
        if (isPathTrick(name)) {
            throw file.malformed("the entry " + Names.quoted(name)
                    + " has the name of a file elsewhere, expected a relative path without ..");
        }
    }

    /** Whether a program that extracts this entry to a folder might write elsewhere. */
    static boolean isPathTrick(String name) {
        if (name.startsWith("/") || name.indexOf('\\') >= 0 || name.indexOf('\0') >= 0 || name.matches("(?s)[A-Za-z]:.*")) {
            return true;
        }
        for (String part : name.split("/", -1)) {
            if (part.equals("..")) {
                return true;
            }
        }
        return false;
    }

    private MemorySegment decompressed(ZipDirectory.Entry entry) throws MalformedFileException {
        if (entry.size() > remaining) {
            throw malformed(entry, "has " + entry.size() + " bytes when decompressed, expected at most " + mostDecompressed
                    + " in all entries; TensorFile.open takes another limit");
        }
        // Checked before memory is allocated. The product cannot overflow, since the size of the file is below 2⁵³.
        if (entry.size() > LARGEST_RATIO * entry.stored().byteSize()) {
            throw malformed(entry, "has " + entry.stored().byteSize() + " bytes that should become " + entry.size()
                    + ", expected at most " + LARGEST_RATIO + " times as many");
        }
        remaining -= entry.size();
        MemorySegment out = arena.allocate(entry.size(), Long.BYTES);
        Inflater inflater = new Inflater(true);
        try {
            inflate(inflater, entry, out);
        } catch (DataFormatException e) {
            throw malformed(entry, "is not valid deflate data");
        } finally {
            inflater.end();
        }
        return out;
    }

    private void inflate(Inflater inflater, ZipDirectory.Entry entry, MemorySegment out)
            throws DataFormatException, MalformedFileException {
        MemorySegment in = entry.stored();
        long read = 0;
        long written = 0;
        while (!inflater.finished()) {
            if (inflater.needsInput() && read < in.byteSize()) {
                long piece = Math.min(PIECE, in.byteSize() - read);
                inflater.setInput(in.asSlice(read, piece).asByteBuffer());
                read += piece;
            }
            // One byte more than declared may be written, and is then refused.
            int count = written < out.byteSize()
                    ? inflater.inflate(out.asSlice(written, Math.min(PIECE, out.byteSize() - written)).asByteBuffer())
                    : inflater.inflate(new byte[1]);
            written += count;
            if (written > out.byteSize() || count == 0 && !inflater.finished() && read == in.byteSize()) {
                break;
            }
        }
        if (written > out.byteSize()) {
            throw malformed(entry, "becomes more than " + out.byteSize() + " bytes when decompressed, expected as many");
        }
        if (!inflater.finished() || written != out.byteSize() || inflater.getBytesRead() != in.byteSize()) {
            throw malformed(entry, "becomes " + written + " bytes from " + inflater.getBytesRead() + ", expected " + out.byteSize()
                    + " from " + in.byteSize());
        }
    }

    private MalformedFileException malformed(ZipDirectory.Entry entry, String predicate) {
        return file.malformed("the entry " + Names.quoted(entry.name()) + " " + predicate);
    }
}
