package dev.zstar.reports;

import java.util.List;
import java.util.stream.Collectors;

/** Draws {@link Advice} as a section of the page that needs no script. */
final class AdviceView {
    private AdviceView() {}

    /** Empty if there is no advice. */
    static String section(List<Advice.Sentence> advice) {
        return advice.isEmpty() ? "" : advice.stream()
                .map(one -> "<dt>" + escaped(one.subject()) + "</dt><dd>" + escaped(one.text()) + "</dd>")
                .collect(Collectors.joining("\n",
                        "<section id=\"advice\"><h2>What this machine should use</h2>\n<dl>\n", "\n</dl></section>"));
    }

    /** Names of cases come from a file. */
    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }
}
