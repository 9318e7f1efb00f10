package dev.zstar.reports;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What {@code zstar tune} measures, in this order. The settings come first, since the others then run with what was saved. */
enum TunePart {
    /** Values of the settings, for a profile. */
    SETTINGS(240, 62),
    /** Pages of 2 MiB for blocks. */
    PAGES(22, 16),
    /** Engines, and formats of weights. */
    ENGINES(60, 24),
    /** Forward methods. */
    SOLVERS(48, 20);

    private final int full;
    private final int quick;

    TunePart(int full, int quick) {
        this.full = full;
        this.quick = quick;
    }

    /** The time that it takes by itself, in seconds. */
    int seconds(boolean isQuick) {
        return isQuick ? quick : full;
    }

    /** The parts that are named; all without names. */
    static List<TunePart> of(List<String> names) {
        List<String> words = Arrays.stream(values()).map(TunePart::word).toList();
        for (String name : names) {
            if (!words.contains(name)) {
                throw new IllegalArgumentException("unknown part '" + name + "'; expected one of " + String.join(", ", words));
            }
        }
        return Arrays.stream(values()).filter(part -> names.isEmpty() || names.contains(part.word())).toList();
    }

    /** The name of an option's value. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The names of several parts, as the option takes them. */
    static String words(List<TunePart> parts) {
        return parts.stream().map(TunePart::word).collect(Collectors.joining(","));
    }
}
