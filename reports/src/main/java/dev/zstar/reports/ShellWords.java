package dev.zstar.reports;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The words of a command as a shell reads them, so that a result file can hold a command that a person can repeat. */
final class ShellWords {
    private static final Pattern PLAIN = Pattern.compile("[\\w./,:=+-]+");
    // Possessive, since the stack of a thread does not hold the choices of a long word.
    private static final Pattern WORD = Pattern.compile("(?:[^\\s'\\\\]++|'[^']*+'|\\\\.)++", Pattern.DOTALL);
    private static final Pattern PIECE = Pattern.compile("'([^']*)'|\\\\(.)|([^'\\\\]+)", Pattern.DOTALL);

    private ShellWords() {}

    /** The word, in quotes if a shell would change it. */
    static String quoted(String word) {
        return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** The words of a command, without their quotes. */
    static List<String> split(String command) {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(command);
        while (word.find()) {
            StringBuilder plain = new StringBuilder();
            Matcher piece = PIECE.matcher(word.group());
            while (piece.find()) {
                for (int i = 1; i <= 3; i++) {
                    plain.append(piece.group(i) == null ? "" : piece.group(i));
                }
            }
            words.add(plain.toString());
        }
        return words;
    }
}
