package dev.zstar.reports;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page: one file with everything, even the charting library, which needs no network. */
final class Page {
    private static final String ECHARTS = "META-INF/resources/webjars/echarts/5.5.0/echarts.min.js";
    private static final Pattern PLACE = Pattern.compile("/\\*(style|echarts|data|script)\\*/");

    /** How the frame of a report begins. */
    private static final String MARK = "<!doctype html><!-- zstar report -->";

    private Page() {}

    /** The page of a study. */
    static String html(String json) {
        return fill("page.html", resource("page.css"), json, resource("page.js") + resource("evidence.js"));
    }

    /** The page of several result files. */
    static String report(String json) {
        return fill("report.html", resource("page.css") + resource("report.css"), json, resource("report.js"));
    }

    /** Whether a file is a page of {@link #report}, so that another one may replace it. */
    static boolean isReport(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(MARK.length()), StandardCharsets.UTF_8).equals(MARK);
        } catch (IOException e) {
            return false;
        }
    }

    /** Fills the places of a frame in one pass, so that a place that the data names is not filled. */
    private static String fill(String frame, String style, String json, String script) {
        Map<String, String> parts = Map.of(
                "style", style, "echarts", guard(library()), "data", json.replace("<", "\\u003c"), "script", script);
        return PLACE.matcher(resource(frame)).replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))));
    }

    /** Keeps a script from ending the element that holds it. */
    private static String guard(String script) {
        return script.replace("</script", "<\\/script");
    }

    private static String library() {
        try (InputStream in = ClassLoader.getSystemResourceAsStream(ECHARTS)) {
            if (in == null) {
                throw new IllegalStateException("the charting library is missing from this build: " + ECHARTS);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("the charting library cannot be read", e);
        }
    }

    private static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("a part of the page cannot be read: " + name, e);
        }
    }
}
