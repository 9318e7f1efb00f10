package dev.zstar.solvers.tensors;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * Reads arrays in the npy format of numpy, versions 1 to 3 (NEP 1): the magic bytes, a version, the length of the header, a Python
 * dictionary with {@code descr}, {@code fortran_order} and {@code shape}, then the elements.
 */
final class NpyReader {
    static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    /** The most bytes of a header, as in numpy. */
    private static final int LONGEST_HEADER = 10_000;

    private final Path path;
    private final String where;
    private final String name;
    private final MemorySegment bytes;

    private String descr;
    private Boolean fortran;
    private long[] shape;

    private NpyReader(Path path, String where, String name, MemorySegment bytes) {
        this.path = path;
        this.where = where;
        this.name = name;
        this.bytes = bytes;
    }

    static boolean recognises(MappedFile file) {
        return file.size() >= MAGIC.length && file.bytes.asSlice(0, MAGIC.length).mismatch(MemorySegment.ofArray(MAGIC)) < 0;
    }

    static Contents read(MappedFile file) throws MalformedFileException {
        String name = file.path.getFileName().toString().replaceFirst("\\.[nN][pP][yY]$", "");
        return new Contents(Map.of(name, tensor(file.path, "", name, file.bytes)), Map.of());
    }

    /**
     * The array that these bytes hold.
     *
     * @param where what comes before each sentence about it
     */
    static Tensor tensor(Path path, String where, String name, MemorySegment bytes) throws MalformedFileException {
        return new NpyReader(path, where, name, bytes).tensor();
    }

    private Tensor tensor() throws MalformedFileException {
        if (bytes.byteSize() < MAGIC.length + 4 || bytes.asSlice(0, MAGIC.length).mismatch(MemorySegment.ofArray(MAGIC)) >= 0) {
            throw malformed("the first bytes are not those of an npy array, expected byte 0x93 and 'NUMPY'");
        }
        int version = u8(MAGIC.length);
        if (version < 1 || version > 3 || u8(MAGIC.length + 1) != 0) {
            throw malformed("the npy version is " + version + "." + u8(MAGIC.length + 1) + ", expected 1.0, 2.0 or 3.0");
        }
        int at = MAGIC.length + 2;
        int width = version == 1 ? 2 : 4;
        if (bytes.byteSize() < at + width) {
            throw malformed("the file ends in the length of the header");
        }
        long length = 0;
        for (int i = width - 1; i >= 0; i--) {
            length = length << 8 | u8(at + i);
        }
        long start = at + width + length;
        if (length > LONGEST_HEADER || start > bytes.byteSize()) {
            throw malformed("the header has " + length + " bytes, expected at most "
                    + Math.min(LONGEST_HEADER, bytes.byteSize() - at - width));
        }
        header(bytes.asSlice(at + width, length), version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        ElementType type = type();
        long count = Strides.count(shape);
        long rest = bytes.byteSize() - start;
        Strides strides = fortran ? Strides.columnMajor(shape) : Strides.rowMajor(shape);
        if (count < 0 || count > rest / type.bytes() || count * type.bytes() != rest) {
            throw malformed("the elements have " + rest + " bytes, expected the size of " + type + " of shape " + strides);
        }
        ByteOrder order = descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        return new Tensor(path, name, type, order, strides, bytes.asSlice(start, rest));
    }

    private void header(MemorySegment header, Charset charset) throws MalformedFileException {
        String text;
        try {
            text = charset.newDecoder().decode(header.asByteBuffer()).toString();
        } catch (CharacterCodingException e) {
            throw malformed("the header is not valid UTF-8");
        }
        try {
            dictionary(new PythonLiteral(text));
        } catch (PythonLiteral.Wrong e) {
            throw malformed("the header " + e.getMessage());
        }
        if (descr == null || fortran == null || shape == null) {
            throw malformed("the header has no '" + (descr == null ? "descr" : fortran == null ? "fortran_order" : "shape")
                    + "', expected descr, fortran_order and shape");
        }
    }

    private void dictionary(PythonLiteral literal) throws PythonLiteral.Wrong {
        literal.expect('{');
        while (!literal.take('}')) {
            String key = literal.string();
            literal.expect(':');
            if (key.equals("descr") && descr == null) {
                descr = literal.take('[') ? "[…]" : literal.string();
                if (descr.equals("[…]")) {
                    throw new PythonLiteral.Wrong("describes elements of several fields, expected elements that are one number each");
                }
            } else if (key.equals("fortran_order") && fortran == null) {
                fortran = literal.bool();
            } else if (key.equals("shape") && shape == null) {
                shape = literal.tuple(Strides.MOST_AXES);
            } else {
                throw new PythonLiteral.Wrong("has the key " + Names.quoted(key) + ", expected descr, fortran_order and shape once each");
            }
            if (!literal.take(',')) {
                literal.expect('}');
                break;
            }
        }
        literal.end();
    }

    private ElementType type() throws MalformedFileException {
        if (descr.endsWith("O")) {
            throw malformed("the elements are Python objects, expected numbers; objects are stored as a pickle, which can run any code");
        }
        char order = descr.isEmpty() ? ' ' : descr.charAt(0);
        ElementType type = descr.isEmpty() ? null : ElementType.ofNumpy(descr.substring(1));
        // '|' means that the order does not matter.
        if (type == null || order != '<' && order != '>' && (order != '|' || type.bytes() > 1)) {
            throw malformed("the element type is " + Names.quoted(descr)
                    + ", expected '<' or '>' and one of f2, f4, f8, i1 to i8, u1 to u8, or '|b1'");
        }
        return type;
    }

    private int u8(long at) {
        return bytes.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }

    private MalformedFileException malformed(String sentence) {
        return new MalformedFileException(path, where + sentence);
    }
}
