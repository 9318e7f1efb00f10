package dev.zstar.solvers.tensors;

import java.lang.foreign.MemorySegment;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads the directory of a ZIP file, with the 64-bit extensions, and finds the bytes of each entry. The JDK's reader does not tell where
 * they are, so it cannot map them. Stricter than most readers: the directory ends where the end record begins, local headers agree with
 * the directory, and no two entries share a byte (Fifield 2019, "A better zip bomb").
 */
final class ZipDirectory {
    static final int LOCAL = 0x04034b50;
    static final int CENTRAL = 0x02014b50;
    static final int END = 0x06054b50;
    static final int END64 = 0x06064b50;
    static final int LOCATOR64 = 0x07064b50;
    static final int LOCAL_BYTES = 30;
    static final int CENTRAL_BYTES = 46;
    static final int END_BYTES = 22;
    static final int END64_BYTES = 56;
    static final int LOCATOR64_BYTES = 20;
    /** The identifier of the extra field with 64-bit numbers. */
    static final int EXTRA64 = 1;
    /** What a 32-bit and a 16-bit field hold if the number is in a 64-bit field. */
    static final long IN_64 = 0xFFFFFFFFL;
    private static final int IN_64_SHORT = 0xFFFF;
    /** The level of the compressor, sizes that follow the data, and names in UTF-8. */
    private static final int HARMLESS_FLAGS = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 11;
    private static final int LONGEST_COMMENT = 0xFFFF;

    private final MappedFile file;

    /** An entry: compressed bytes, and what they must become. */
    record Entry(String name, boolean deflated, long checksum, long size, MemorySegment stored) {}

    /** An entry of the directory, before its local header was read. */
    private record Central(long at, String name, int method, long checksum, long compressed, long size, long local) {}

    private ZipDirectory(MappedFile file) {
        this.file = file;
    }

    static boolean recognises(MappedFile file) {
        return file.size() >= 4 && (file.u32(0) == LOCAL || file.u32(0) == END);
    }

    /** All entries, in the order of the file. */
    static List<Entry> read(MappedFile file) throws MalformedFileException {
        return new ZipDirectory(file).entries();
    }

    private List<Entry> entries() throws MalformedFileException {
        long end = endRecord();
        long count = file.u16(end + 10);
        long size = file.u32(end + 12);
        long start = file.u32(end + 16);
        long limit = end;
        if (file.u16(end + 4) != 0 && file.u16(end + 4) != IN_64_SHORT || file.u16(end + 8) != count) {
            throw file.malformed("the ZIP file has several parts, expected one");
        }
        if (end >= LOCATOR64_BYTES && file.u32(end - LOCATOR64_BYTES) == LOCATOR64) {
            limit = end64Record(end - LOCATOR64_BYTES);
            long count64 = file.u64(limit + 32);
            long size64 = file.u64(limit + 40);
            long start64 = file.u64(limit + 48);
            if (count != IN_64_SHORT && count != count64 || size != IN_64 && size != size64 || start != IN_64 && start != start64) {
                throw file.malformed("the two end records of the ZIP file differ, expected the same directory in both");
            }
            count = count64;
            size = size64;
            start = start64;
        }
        if (start < 0 || size < 0 || start > limit || size != limit - start) {
            throw file.malformed("the ZIP directory has " + size + " bytes from byte " + start + ", expected it to end at byte " + limit);
        }
        return located(centrals(start, limit, count), start);
    }

    private long endRecord() throws MalformedFileException {
        long last = file.size() - END_BYTES;
        for (long at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
            if (file.u32(at) == END && file.u16(at + 20) == last - at) {
                return at;
            }
        }
        throw file.malformed("the file does not end with the end record of a ZIP file, expected an npz file");
    }

    private long end64Record(long locator) throws MalformedFileException {
        long at = file.u64(locator + 8);
        if (at < 0 || at > locator - END64_BYTES || file.u32(at) != END64 || file.u64(at + 4) != locator - at - 12
                || file.u64(at + 24) != file.u64(at + 32)) {
            throw file.malformed("the 64-bit end record of the ZIP file is not at byte " + Long.toUnsignedString(at)
                    + ", where its locator says");
        }
        return at;
    }

    private List<Central> centrals(long start, long limit, long count) throws MalformedFileException {
        List<Central> centrals = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (long at = start; at < limit; ) {
            if (limit - at < CENTRAL_BYTES || file.u32(at) != CENTRAL) {
                throw file.malformed("byte " + at + " does not start an entry of the ZIP directory");
            }
            long next = at + CENTRAL_BYTES + file.u16(at + 28) + file.u16(at + 30) + file.u16(at + 32);
            if (next > limit) {
                throw file.malformed("the entry at byte " + at + " of the ZIP directory is longer than the directory");
            }
            Central central = central(at);
            if (!names.add(central.name)) {
                throw file.malformed("the entry " + Names.quoted(central.name) + " is there twice, expected names that differ");
            }
            centrals.add(central);
            at = next;
        }
        if (centrals.size() != count) {
            throw file.malformed("the ZIP directory has " + centrals.size() + " entries, expected " + Long.toUnsignedString(count));
        }
        return centrals;
    }

    private Central central(long at) throws MalformedFileException {
        String name = name(at + CENTRAL_BYTES, file.u16(at + 28));
        int method = file.u16(at + 10);
        if ((file.u16(at + 8) & ~HARMLESS_FLAGS) != 0) {
            throw malformed(name, "is encrypted, patched or masked, expected an entry that is stored or compressed as it is");
        }
        if (method != 0 && method != 8) {
            throw malformed(name, "has the compression method " + method + ", expected 0 (stored) or 8 (deflate)");
        }
        long[] numbers = {file.u32(at + 24), file.u32(at + 20), file.u32(at + 42)};
        widen(name, numbers, at + CENTRAL_BYTES + file.u16(at + 28), file.u16(at + 30));
        for (long number : numbers) {
            if (number < 0) {
                throw malformed(name, "has a size or a place of 2⁶³ or more, expected one inside the file");
            }
        }
        if (method == 0 && numbers[0] != numbers[1]) {
            throw malformed(name, "is stored with sizes of " + numbers[0] + " and " + numbers[1] + " bytes, expected equal ones");
        }
        return new Central(at, name, method, file.u32(at + 16), numbers[1], numbers[0], numbers[2]);
    }

    /** Replaces numbers that do not fit into 32 bits by those of the extra field, which holds only these. */
    private void widen(String name, long[] numbers, long extra, int length) throws MalformedFileException {
        long end = extra + length;
        for (long at = extra; end - at >= 4; at += 4 + file.u16(at + 2)) {
            long next = at + 4;
            long limit = next + file.u16(at + 2);
            if (limit > end) {
                throw malformed(name, "has an extra field that is longer than the extra fields");
            }
            if (file.u16(at) != EXTRA64) {
                continue;
            }
            for (int i = 0; i < numbers.length; i++) {
                if (numbers[i] == IN_64) {
                    if (limit - next < 8) {
                        throw malformed(name, "has a 64-bit extra field that is too short");
                    }
                    numbers[i] = file.u64(next);
                    next += 8;
                }
            }
            return;
        }
    }

    private String name(long at, int length) throws MalformedFileException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(file.bytes.asSlice(at, length).asByteBuffer()).toString();
        } catch (CharacterCodingException e) {
            throw file.malformed("the name of an entry, at byte " + at + ", is not valid UTF-8");
        }
    }

    private List<Entry> located(List<Central> centrals, long limit) throws MalformedFileException {
        List<Entry> entries = new ArrayList<>();
        centrals.sort(Comparator.comparingLong(Central::local));
        for (int i = 0; i < centrals.size(); i++) {
            long next = i + 1 < centrals.size() ? centrals.get(i + 1).local : limit;
            entries.add(located(centrals.get(i), Math.min(next, limit)));
        }
        return entries;
    }

    /** @param limit where the next entry or the directory starts */
    private Entry located(Central central, long limit) throws MalformedFileException {
        long at = central.local;
        if (at > limit - LOCAL_BYTES || file.u32(at) != LOCAL) {
            throw malformed(central.name, "is not at byte " + at + ", where the ZIP directory says");
        }
        int nameLength = file.u16(at + 26);
        long data = at + LOCAL_BYTES + nameLength + file.u16(at + 28);
        if (data > limit || central.compressed > limit - data) {
            throw malformed(central.name, "has " + central.compressed + " bytes from byte " + data + ", expected it to end before byte "
                    + limit);
        }
        boolean later = (file.u16(at + 6) & 8) != 0;
        boolean agrees = file.u16(at + 8) == central.method && (file.u16(at + 6) & ~HARMLESS_FLAGS) == 0
                && nameLength == file.u16(central.at + 28)
                && MemorySegment.mismatch(file.bytes, at + LOCAL_BYTES, at + LOCAL_BYTES + nameLength,
                        file.bytes, central.at + CENTRAL_BYTES, central.at + CENTRAL_BYTES + nameLength) < 0;
        // An entry whose sizes were not known when it began has them after its bytes.
        boolean sizes = later || file.u32(at + 14) == central.checksum && same(file.u32(at + 18), central.compressed)
                && same(file.u32(at + 22), central.size);
        if (!agrees || !sizes) {
            throw malformed(central.name, "has a local header that differs from the ZIP directory");
        }
        return new Entry(central.name, central.method == 8, central.checksum, central.size,
                file.bytes.asSlice(data, central.compressed));
    }

    private static boolean same(long local, long central) {
        return local == central || local == IN_64;
    }

    private MalformedFileException malformed(String name, String predicate) {
        return file.malformed("the entry " + Names.quoted(name) + " " + predicate);
    }
}
