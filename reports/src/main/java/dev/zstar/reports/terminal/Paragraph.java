package dev.zstar.reports.terminal;

import java.util.ArrayList;
import java.util.List;

/** A text in lines that fit a terminal. */
public final class Paragraph {
    private Paragraph() {}

    /**
     * Breaks a text between words, and inside words that do not fit in a line.
     *
     * @param first what the first line begins with, such as a heading; the others are indented by its length
     * @param width the most columns of a line; more than the length of {@code first}
     */
    public static List<String> wrap(String first, String text, int width) {
        int room = width - first.length();
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            String rest = word;
            if (!line.isEmpty() && line.length() + 1 + rest.length() > room) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ");
            while (line.length() + rest.length() > room) {
                int cut = room - line.length();
                // A character outside the basic plane stays whole.
                cut -= cut > 0 && Character.isHighSurrogate(rest.charAt(cut - 1)) ? 1 : 0;
                lines.add(line + rest.substring(0, cut));
                line.setLength(0);
                rest = rest.substring(cut);
            }
            line.append(rest);
        }
        lines.add(line.toString());
        lines.set(0, first + lines.getFirst());
        lines.subList(1, lines.size()).replaceAll(next -> " ".repeat(first.length()) + next);
        return lines;
    }
}
