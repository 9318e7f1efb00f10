package dev.zstar.reports.comparison;

/** Text of files, made harmless for the program that shows it. */
public final class Plain {
    private Plain() {}

    /** Without characters that a terminal obeys, and without characters that are not allowed in XML. */
    static String text(String text) {
        StringBuilder plain = new StringBuilder();
        text.codePoints().forEach(c -> plain.appendCodePoint(isHarmless(c) ? c : '\ufffd'));
        return plain.toString();
    }

    private static boolean isHarmless(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
            default -> c != 0xfffe && c != 0xffff;
        };
    }

    /** As the text of an element, or in double quotes as the value of an attribute. */
    static String xml(String text) {
        return text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    /** As the cell of a table in Markdown. HTML entities are text in every dialect, and no entity begins a link, a tag or another cell. */
    public static String markdown(String text) {
        StringBuilder cell = new StringBuilder();
        text(text).chars().forEach(c -> cell.append("&<>|\\`*_[]~#!".indexOf(c) >= 0 ? "&#" + c + ";" : Character.toString(c)));
        return cell.toString();
    }
}
