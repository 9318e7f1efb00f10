package dev.zstar.reports.results;

import dev.zstar.reports.terminal.Shown;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A JSON Schema, with which values are checked before they are used. The files in this package's resources are the schemas; other tools can
 * use them, too.
 *
 * <p>Of draft 2020-12 it knows what these files use: {@code type}, {@code properties}, {@code required}, {@code additionalProperties} and
 * {@code items} as schemas, {@code enum}, {@code pattern}, {@code minimum}, {@code maximum}, and {@code $ref} to {@code #/$defs}. Loading
 * fails for any other word, so that no rule of a schema is silently ignored.
 */
final class Schema {
    private static final Pattern KNOWN = Pattern.compile("[$]schema|[$]id|title|description|[$]defs|[$]ref|type|properties|required"
            + "|additionalProperties|items|enum|pattern|minimum|maximum");
    /** The most characters of a value in a message. */
    private static final int SHOWN = 40;

    private final JsonNode root;

    private Schema(JsonNode root) {
        this.root = root;
        requireKnown(root);
        root.path("$defs").forEach(Schema::requireKnown);
    }

    /** The schema in this resource. */
    static Schema load(String name) {
        try (InputStream in = Schema.class.getResourceAsStream(name)) {
            return new Schema(JsonMapper.shared().readTree(in));
        } catch (IOException e) {
            throw new IllegalStateException("the schema cannot be read: " + name, e);
        }
    }

    private static void requireKnown(JsonNode schema) {
        for (Map.Entry<String, JsonNode> word : schema.properties()) {
            if (!KNOWN.matcher(word.getKey()).matches()) {
                throw new IllegalStateException("the schema has the word '" + word.getKey() + "', which is not known here");
            }
        }
        schema.path("properties").forEach(Schema::requireKnown);
        for (String part : new String[] {"items", "additionalProperties"}) {
            if (schema.has(part)) {
                requireKnown(schema.get(part));
            }
        }
    }

    /**
     * Checks a value.
     *
     * @param format what the message says was expected as a whole
     * @throws IllegalArgumentException at the first part that does not fit; the message says where it is, what it is and what was expected
     */
    void check(JsonNode value, String format) {
        try {
            check(value, root, "");
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("it is not " + format + ": " + e.getMessage(), e);
        }
    }

    private void check(JsonNode value, JsonNode rule, String path) {
        JsonNode schema = rule.has("$ref") ? root.get("$defs").get(rule.get("$ref").asString().substring("#/$defs/".length())) : rule;
        checkType(value, schema, path);
        checkRange(value, schema, path);
        if (value.isObject()) {
            for (JsonNode name : schema.path("required")) {
                if (!value.has(name.asString())) {
                    throw new IllegalArgumentException(join(path, name.asString()) + " is missing");
                }
            }
            for (Map.Entry<String, JsonNode> member : value.properties()) {
                JsonNode inner = schema.path("properties").path(member.getKey());
                inner = inner.isMissingNode() ? schema.path("additionalProperties") : inner;
                if (!inner.isMissingNode()) {
                    check(member.getValue(), inner, join(path, member.getKey()));
                }
            }
        }
        if (value.isArray() && schema.has("items")) {
            for (int i = 0; i < value.size(); i++) {
                check(value.get(i), schema.get("items"), path + "[" + i + "]");
            }
        }
    }

    private static void checkType(JsonNode value, JsonNode schema, String path) {
        JsonNode type = schema.path("type");
        boolean fits = type.isMissingNode();
        StringBuilder expected = new StringBuilder();
        for (JsonNode one : type.isArray() ? type : JsonMapper.shared().createArrayNode().add(type)) {
            fits = fits || is(value, one.asString(""));
            expected.append(expected.isEmpty() ? "" : " or ").append(named(one.asString("")));
        }
        if (!fits) {
            throw refused(value, path, expected.toString());
        }
    }

    private static void checkRange(JsonNode value, JsonNode schema, String path) {
        if (schema.has("enum")) {
            boolean found = false;
            StringBuilder expected = new StringBuilder();
            for (JsonNode one : schema.get("enum")) {
                found = found || one.equals(value);
                expected.append(expected.isEmpty() ? "" : " or ").append(one);
            }
            if (!found) {
                throw refused(value, path, expected.toString());
            }
        }
        if (value.isString() && schema.has("pattern") && !Pattern.matches(schema.get("pattern").asString(), value.asString())) {
            throw refused(value, path, schema.path("type").isArray() ? "a number" : "a text that matches " + schema.get("pattern"));
        }
        if (value.isNumber() && schema.has("minimum") && Numbers.of(value) < Numbers.of(schema.get("minimum"))) {
            throw refused(value, path, "at least " + schema.get("minimum"));
        }
        if (value.isNumber() && schema.has("maximum") && Numbers.of(value) > Numbers.of(schema.get("maximum"))) {
            throw refused(value, path, "at most " + schema.get("maximum"));
        }
    }

    private static boolean is(JsonNode value, String type) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isString();
            case "number" -> value.isNumber();
            case "integer" -> value.isIntegralNumber();
            case "boolean" -> value.isBoolean();
            case "null" -> value.isNull();
            default -> false;
        };
    }

    private static String named(String type) {
        return switch (type) {
            case "object" -> "an object";
            case "array" -> "a list";
            case "string" -> "a text";
            case "number" -> "a number";
            case "integer" -> "an integer";
            case "boolean" -> "true or false";
            default -> type;
        };
    }

    private static IllegalArgumentException refused(JsonNode value, String path, String expected) {
        String what = value.isContainer() ? named(value.isObject() ? "object" : "array") : value.toString();
        return new IllegalArgumentException(
                (path.isEmpty() ? "the whole" : path) + " is " + Shown.of(what, SHOWN) + ", expected " + expected);
    }

    private static String join(String path, String name) {
        return (path.isEmpty() ? "" : path + ".") + Shown.of(name, SHOWN);
    }
}
