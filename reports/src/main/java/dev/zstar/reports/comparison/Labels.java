package dev.zstar.reports.comparison;

import dev.zstar.reports.results.CaseKey;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Names of benchmarks for people. */
public final class Labels {
    private static final Pattern QUALIFIED = Pattern.compile("([\\p{Alnum}_$]+\\.)+[\\p{Alnum}_$]+");

    private Labels() {}

    /** A label for each key: without the package, unless two classes have the same name. */
    public static Map<CaseKey, String> of(Collection<CaseKey> keys) {
        Map<String, String> fullNames = new HashMap<>();
        Map<String, Boolean> unique = new HashMap<>();
        for (CaseKey key : keys) {
            String other = fullNames.putIfAbsent(simple(key.name()), key.name());
            unique.merge(simple(key.name()), other == null || other.equals(key.name()), Boolean::logicalAnd);
        }
        Map<CaseKey, String> labels = new LinkedHashMap<>();
        for (CaseKey key : keys) {
            String name = unique.get(simple(key.name())) ? simple(key.name()) : key.name();
            labels.put(key, new CaseKey(name, key.params(), key.mode(), key.threads()).toString());
        }
        return labels;
    }

    /** Whether a user means this benchmark: by its whole name, by its end, or by its label. */
    static boolean isNamed(CaseKey key, String name) {
        String withParams = key.name() + " " + key.parameters();
        return key.name().equals(name) || key.name().endsWith("." + name) || withParams.equals(name) || withParams.endsWith("." + name)
                || key.toString().equals(name) || key.toString().endsWith("." + name);
    }

    /** Class and method of a qualified name; any other name as it is. */
    private static String simple(String name) {
        if (!QUALIFIED.matcher(name).matches()) {
            return name;
        }
        int method = name.lastIndexOf('.');
        return name.substring(name.lastIndexOf('.', method - 1) + 1);
    }
}
