package dev.zstar.solvers.tensors;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the header of a safetensors file: 8 bytes with the length N of the header, N bytes of JSON, then the elements. The checks are
 * those of the official reader: the tensors cover the rest of the file in order, without holes and overlaps, so that every byte of a file
 * has one meaning.
 */
final class SafetensorsReader {
    /** The most bytes of a header, as in the official reader. */
    static final long LONGEST_HEADER = 100_000_000;
    /** The key of the metadata, which is therefore no name of a tensor. */
    static final String METADATA = "__metadata__";
    private static final int LENGTH = Long.BYTES;

    private final MappedFile file;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    /** One tensor of the header. */
    private static final class Entry {
        private final String name;
        private ElementType type;
        private long[] shape;
        private long[] offsets;

        Entry(String name) {
            this.name = name;
        }

        long begin() {
            return offsets[0];
        }

        long end() {
            return offsets[1];
        }
    }

    private SafetensorsReader(MappedFile file) {
        this.file = file;
    }

    static Contents read(MappedFile file) throws MalformedFileException {
        return new SafetensorsReader(file).contents();
    }

    private Contents contents() throws MalformedFileException {
        if (file.size() < LENGTH) {
            throw file.malformed("the file has " + file.size() + " bytes, expected at least 8 for the length of the header");
        }
        long length = file.u64(0);
        if (length < 0 || length > LONGEST_HEADER) {
            throw file.malformed("the header has " + Long.toUnsignedString(length) + " bytes, expected at most " + LONGEST_HEADER);
        }
        long start = LENGTH + length;
        if (start > file.size()) {
            throw file.malformed("the header has " + length + " bytes, expected at most the " + (file.size() - LENGTH)
                    + " that follow its length");
        }
        if (length == 0 || file.u8(LENGTH) != '{') {
            throw file.malformed("the header does not start with '{', expected a safetensors file");
        }
        JsonReader json = new JsonReader(file, "the header", LENGTH, start);
        json.object(key -> {
            if (key.equals(METADATA)) {
                json.object(name -> metadata.put(name, json.string()));
            } else {
                entries.add(entry(json, key));
            }
        });
        json.end();
        entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        requireCover(file.size() - start);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Entry entry : entries) {
            tensors.put(entry.name, new Tensor(file.path, entry.name, entry.type, ByteOrder.LITTLE_ENDIAN, Strides.rowMajor(entry.shape),
                    file.bytes.asSlice(start + entry.begin(), entry.end() - entry.begin())));
        }
        return new Contents(tensors, metadata);
    }

    private Entry entry(JsonReader json, String name) throws MalformedFileException {
        Entry entry = new Entry(name);
        json.object(key -> {
            switch (key) {
                case "dtype" -> entry.type = type(name, json.string());
                case "shape" -> entry.shape = numbers(json, name, "shape", Strides.MOST_AXES);
                case "data_offsets" -> entry.offsets = numbers(json, name, "data_offsets", 2);
                // As the official reader does: later versions of the format may add keys.
                default -> json.skip();
            }
        });
        require(name, "dtype", entry.type != null);
        require(name, "shape", entry.shape != null);
        require(name, "data_offsets", entry.offsets != null);
        if (entry.offsets.length != 2) {
            throw malformed(name, "has " + entry.offsets.length + " data_offsets, expected 2");
        }
        requireSize(entry);
        return entry;
    }

    private ElementType type(String name, String dtype) throws MalformedFileException {
        ElementType type = ElementType.named(dtype);
        if (type == null) {
            throw malformed(name, "has the dtype " + Names.quoted(dtype) + ", expected one of " + Arrays.toString(ElementType.values()));
        }
        return type;
    }

    private long[] numbers(JsonReader json, String name, String field, int most) throws MalformedFileException {
        long[] numbers = new long[most];
        int[] count = {0};
        json.array(i -> {
            if (i == most) {
                throw malformed(name, "has more than " + most + " numbers in its " + field + ", expected at most " + most);
            }
            numbers[i] = json.wholeNumber();
            count[0]++;
        });
        return Arrays.copyOf(numbers, count[0]);
    }

    private void require(String name, String field, boolean there) throws MalformedFileException {
        if (!there) {
            throw malformed(name, "has no " + field + ", expected dtype, shape and data_offsets");
        }
    }

    private void requireSize(Entry entry) throws MalformedFileException {
        long count = Strides.count(entry.shape);
        if (count < 0 || count > Long.MAX_VALUE / entry.type.bytes()) {
            throw malformed(entry.name, "has the shape " + Arrays.toString(entry.shape) + ", expected fewer than 2⁶³ bytes");
        }
        long bytes = count * entry.type.bytes();
        if (entry.end() < entry.begin() || entry.end() - entry.begin() != bytes) {
            throw malformed(entry.name, "has the data_offsets " + Arrays.toString(entry.offsets) + ", expected " + bytes + " bytes for "
                    + entry.type + " of shape " + Arrays.toString(entry.shape));
        }
    }

    private void requireCover(long size) throws MalformedFileException {
        long end = 0;
        for (Entry entry : entries) {
            if (entry.begin() != end) {
                throw malformed(entry.name, "starts at byte " + entry.begin() + " of the data, expected " + end
                        + ", where the tensor before it ends");
            }
            end = entry.end();
        }
        if (end != size) {
            throw file.malformed("the tensors of the header have " + end + " bytes, expected " + size + ", the rest of the file");
        }
    }

    private MalformedFileException malformed(String name, String predicate) {
        return file.malformed("tensor " + Names.quoted(name) + " " + predicate);
    }
}
