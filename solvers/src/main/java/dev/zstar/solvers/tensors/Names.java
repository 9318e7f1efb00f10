package dev.zstar.solvers.tensors;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Names of tensors in messages: quoted, and the ones that resemble a name that does not exist. */
final class Names {
    /** The most characters of a name that a message quotes. */
    private static final int LONGEST = 80;
    /** How many names a message suggests. */
    private static final int SUGGESTED = 3;

    private Names() {}

    /** The name in quotes. Control characters are escaped and long names cut, so that a message stays one readable line. */
    static String quoted(String name) {
        StringBuilder text = new StringBuilder("'");
        for (int i = 0; i < Math.min(name.length(), LONGEST); i++) {
            char c = name.charAt(i);
            if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
                text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        return text.append(name.length() > LONGEST ? "…'" : "'").toString();
    }

    /** The end of a sentence about a name that is not among {@code names}: {@code expected 'a', 'b' or another of its 12 tensors}. */
    static String expected(String missing, Collection<String> names) {
        if (names.isEmpty()) {
            return "nor any other";
        }
        List<String> near = names.stream().sorted(Comparator.comparingInt(name -> distance(missing, name))).limit(SUGGESTED)
                .map(Names::quoted).toList();
        int others = names.size() - near.size();
        String list = String.join(", ", near);
        return others == 0 ? "expected one of " + list : "expected one of its " + names.size() + " tensors, such as " + list;
    }

    /** The edit distance (Levenshtein 1966); 0 if one name contains the other, since prefixes are what usually differs. */
    private static int distance(String a, String b) {
        if (!a.isEmpty() && (b.contains(a) || !b.isEmpty() && a.contains(b))) {
            return 0;
        }
        int[] row = new int[b.length() + 1];
        Arrays.setAll(row, j -> j);
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
