package dev.zstar.solvers.tensors;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * A strict reader of JSON (RFC 8259) that visits values in place and builds no tree. Keys of an object must differ, strings must be valid
 * UTF-8 without lone surrogates, and nothing may follow the outer value but white space.
 */
final class JsonReader {
    /** The deepest nesting of values that are skipped. */
    private static final int DEEPEST = 64;

    private final MappedFile file;
    /** What the text is called in messages. */
    private final String text;
    private final long start;
    private final long end;
    private long at;

    /** Reads the value of a key. */
    interface Field {
        void read(String key) throws MalformedFileException;
    }

    /** Reads element {@code i} of an array. */
    interface Element {
        void read(int i) throws MalformedFileException;
    }

    JsonReader(MappedFile file, String text, long start, long end) {
        this.file = file;
        this.text = text;
        this.start = start;
        this.end = end;
        at = start;
    }

    /** Reads an object; {@code field} must read exactly the value of each key. */
    void object(Field field) throws MalformedFileException {
        expect('{');
        Set<String> keys = new HashSet<>();
        if (next() == '}') {
            at++;
            return;
        }
        do {
            String key = string();
            if (!keys.add(key)) {
                throw file.malformed(text + " has the key " + Names.quoted(key) + " twice, expected keys that differ");
            }
            expect(':');
            field.read(key);
        } while (another('}'));
    }

    /** Reads an array. */
    void array(Element element) throws MalformedFileException {
        expect('[');
        if (next() == ']') {
            at++;
            return;
        }
        int i = 0;
        do {
            element.read(i++);
        } while (another(']'));
    }

    private boolean another(char close) throws MalformedFileException {
        int c = next();
        if (c != ',' && c != close) {
            throw unexpected("',' or '" + close + "'");
        }
        at++;
        return c == ',';
    }

    /** Reads a string. */
    String string() throws MalformedFileException {
        expect('"');
        long from = at;
        StringBuilder decoded = null;
        for (int c = here(); c != '"'; c = here()) {
            if (c < 0x20) {
                throw unexpected("the end of the string");
            }
            if (c == '\\') {
                decoded = decoded == null ? new StringBuilder() : decoded;
                decoded.append(utf8(from));
                at++;
                decoded.append(escaped());
                from = at;
            } else {
                at++;
            }
        }
        String last = utf8(from);
        at++;
        if (decoded == null) {
            return last;
        }
        String whole = decoded.append(last).toString();
        if (!StandardCharsets.UTF_16.newEncoder().canEncode(whole)) {
            throw file.malformed(text + " has a lone surrogate in the string " + Names.quoted(whole) + ", expected pairs");
        }
        return whole;
    }

    private String utf8(long from) throws MalformedFileException {
        ByteBuffer bytes = file.bytes.asSlice(from, at - from).asByteBuffer();
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw file.malformed(text + " has invalid UTF-8 in the string at byte " + (from - start));
        }
    }

    private char escaped() throws MalformedFileException {
        int c = here();
        if (c == 'u') {
            int code = 0;
            for (int digit = 0; digit < 4; digit++) {
                at++;
                int value = Character.digit(here(), 16);
                if (value < 0) {
                    throw unexpected("four hexadecimal digits");
                }
                code = code << 4 | value;
            }
            at++;
            return (char) code;
        }
        int which = "\"\\/bfnrt".indexOf(c);
        if (which < 0) {
            throw unexpected("an escape of JSON");
        }
        at++;
        return "\"\\/\b\f\n\r\t".charAt(which);
    }

    /** Reads a number that is an integer from 0 to 2⁶³ - 1, written in digits alone. */
    long wholeNumber() throws MalformedFileException {
        int first = next();
        if (!isDigit(first)) {
            throw unexpected("an integer of at least 0");
        }
        long value = 0;
        long from = at;
        for (int c = first; isDigit(c); c = here()) {
            int digit = c - '0';
            if (value > (Long.MAX_VALUE - digit) / 10 || value == 0 && at > from) {
                throw file.malformed(text + " has an integer at byte " + (from - start) + " that " + (value == 0 ? "starts with 0"
                        : "is too large") + ", expected 0 to 2⁶³ - 1 without leading zeros");
            }
            value = 10 * value + digit;
            at++;
        }
        return value;
    }

    /** Reads a string, number, {@code true}, {@code false} or {@code null}, and returns its text. */
    String scalar() throws MalformedFileException {
        int c = next();
        if (c == '"') {
            return string();
        }
        long from = at;
        if (c == '-' || isDigit(c)) {
            number();
        } else {
            word();
        }
        return utf8(from);
    }

    private void number() throws MalformedFileException {
        at += here() == '-' ? 1 : 0;
        if (here() == '0') {
            at++;
        } else {
            digits();
        }
        if (here() == '.') {
            at++;
            digits();
        }
        if (here() == 'e' || here() == 'E') {
            at++;
            at += here() == '+' || here() == '-' ? 1 : 0;
            digits();
        }
    }

    private void digits() throws MalformedFileException {
        if (!isDigit(here())) {
            throw unexpected("a digit");
        }
        while (isDigit(here())) {
            at++;
        }
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private void word() throws MalformedFileException {
        for (String word : new String[] {"true", "false", "null"}) {
            MemorySegment bytes = MemorySegment.ofArray(word.getBytes(StandardCharsets.US_ASCII));
            if (end - at >= word.length() && file.bytes.asSlice(at, word.length()).mismatch(bytes) < 0) {
                at += word.length();
                return;
            }
        }
        throw unexpected("a value");
    }

    /** Reads any value and forgets it. */
    void skip() throws MalformedFileException {
        skip(0);
    }

    private void skip(int depth) throws MalformedFileException {
        if (depth > DEEPEST) {
            throw file.malformed(text + " has values nested more than " + DEEPEST + " deep");
        }
        switch (next()) {
            case '{' -> object(_ -> skip(depth + 1));
            case '[' -> array(_ -> skip(depth + 1));
            default -> scalar();
        }
    }

    /** Throws unless only white space is left. */
    void end() throws MalformedFileException {
        while (at < end && isSpace(here())) {
            at++;
        }
        if (at < end) {
            throw unexpected("nothing after the outer object");
        }
    }

    private void expect(char c) throws MalformedFileException {
        if (next() != c) {
            throw unexpected("'" + c + "'");
        }
        at++;
    }

    /** The first byte that is not white space. */
    private int next() throws MalformedFileException {
        while (isSpace(here())) {
            at++;
        }
        return here();
    }

    private static boolean isSpace(int c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }

    private int here() throws MalformedFileException {
        if (at >= end) {
            throw file.malformed(text + " ends after " + (end - start) + " bytes in the middle of a value");
        }
        return file.u8(at);
    }

    private MalformedFileException unexpected(String expected) {
        int c = file.u8(at);
        String found = c > 0x20 && c < 0x7F ? "'" + (char) c + "'" : String.format(Locale.ROOT, "byte 0x%02x", c);
        return file.malformed(text + " has " + found + " at byte " + (at - start) + ", expected " + expected);
    }
}
