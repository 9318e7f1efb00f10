package dev.zstar.solvers.tensors;

import java.util.Arrays;

/**
 * A reader of the few Python literals that the header of an npy file consists of: a dictionary, strings without escapes, {@code True} and
 * {@code False}, and tuples of integers of at least 0.
 */
final class PythonLiteral {
    private final String text;
    private int at;

    /** What is wrong with the text: the end of a sentence. Has no stack trace, since the reader of the file throws the whole sentence. */
    static final class Wrong extends Exception {
        private static final long serialVersionUID = 1;

        Wrong(String sentence) {
            super(sentence, null, false, false);
        }
    }

    PythonLiteral(String text) {
        this.text = text;
    }

    private void skipSpace() {
        while (at < text.length() && " \t\n\r\f".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    /** Skips white space, and this character if it is next. Returns whether it was. */
    boolean take(char c) {
        skipSpace();
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    void expect(char c) throws Wrong {
        if (!take(c)) {
            throw wrong("'" + c + "'");
        }
    }

    String string() throws Wrong {
        char quote = take('"') ? '"' : '\'';
        if (quote == '\'') {
            expect(quote);
        }
        int close = text.indexOf(quote, at);
        String value = close < 0 ? "\\" : text.substring(at, close);
        if (value.indexOf('\\') >= 0 || value.indexOf('\n') >= 0) {
            throw wrong("a string without escapes");
        }
        at = close + 1;
        return value;
    }

    boolean bool() throws Wrong {
        skipSpace();
        for (String word : new String[] {"True", "False"}) {
            if (text.startsWith(word, at)) {
                at += word.length();
                return word.equals("True");
            }
        }
        throw wrong("True or False");
    }

    long[] tuple(int most) throws Wrong {
        long[] numbers = new long[most];
        int count = 0;
        expect('(');
        while (!take(')')) {
            if (count == most) {
                throw wrong("at most " + most + " numbers");
            }
            numbers[count++] = integer();
            if (!take(',')) {
                // (3) is a number in parentheses.
                if (count == 1) {
                    throw wrong("','");
                }
                expect(')');
                break;
            }
        }
        return Arrays.copyOf(numbers, count);
    }

    private long integer() throws Wrong {
        skipSpace();
        int from = at;
        long value = 0;
        for (; at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9'; at++) {
            int digit = text.charAt(at) - '0';
            if (value > (Long.MAX_VALUE - digit) / 10 || value == 0 && at > from) {
                at = from;
                throw wrong("an integer from 0 to 2⁶³ - 1 without leading zeros");
            }
            value = 10 * value + digit;
        }
        if (at == from) {
            throw wrong("an integer of at least 0");
        }
        // Python 2 wrote long integers as 3L.
        take('L');
        return value;
    }

    void end() throws Wrong {
        skipSpace();
        if (at < text.length()) {
            throw wrong("nothing after the dictionary");
        }
    }

    private Wrong wrong(String expected) {
        String found = at < text.length() ? Names.quoted(text.substring(at, at + 1)) : "its end";
        return new Wrong("has " + found + " at character " + at + ", expected " + expected);
    }
}
