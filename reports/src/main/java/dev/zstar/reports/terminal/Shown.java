package dev.zstar.reports.terminal;

/** Text of files in messages. */
public final class Shown {
    private Shown() {}

    /** The start of a text, on one line and without characters that a terminal would obey. */
    public static String of(String text, int most) {
        StringBuilder shown = new StringBuilder();
        text.codePoints().limit(most).forEach(c -> shown.appendCodePoint(Character.isISOControl(c) || isDirective(c) ? '?' : c));
        return text.codePointCount(0, text.length()) > most ? shown + "…" : shown.toString();
    }

    /** Line separators, and characters that turn the direction of the text. */
    private static boolean isDirective(int c) {
        return switch (Character.getType(c)) {
            case Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE -> true;
            default -> false;
        };
    }
}
