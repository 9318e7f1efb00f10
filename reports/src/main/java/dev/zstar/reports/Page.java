package dev.zstar.reports;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A page: one file with everything, even the charting library, which needs no network. */
final class Page {
    private static final String ECHARTS = "META-INF/resources/webjars/echarts/5.5.0/echarts.min.js";
    private static final Pattern PLACE = Pattern.compile("/\\*(style|echarts|data|script|advice|trajectories)\\*/");

    private static final Pattern DIRECTIONS = Pattern.compile("[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]");

    /** Scripts of both pages, in the order in which they need each other. */
    private static final List<String> SHARED = List.of("dom", "look", "csv", "order", "table", "chart", "style", "keys");
    /** Parts of a study in the order of their files; {@code main} calls them. */
    private static final List<String> STUDY = List.of(
            "terms", "data", "summary", "kernels", "roofline", "cells", "problems", "backward", "mixed",
            "solves", "warmup", "trajectories", "streaming", "depth", "families", "training", "evidence", "everything", "main");
    private static final List<String> REPORT = List.of("terms", "files", "marks", "options", "groups", "main");

    /** How the frame of a report begins. */
    private static final String MARK = "<!doctype html><!-- zstar report -->";

    private Page() {}

    /** The page of a study. */
    static String study(StudyFile file) {
        return fill("study/study.html", file.pageJson(), Map.of("advice", AdviceView.section(Advice.of(file)), "trajectories",
                TrajectoryView.figure(file.trajectories())), scripts("study", STUDY));
    }

    /** The page of several result files. */
    static String report(String json) {
        return fill("report/report.html", json, Map.of(), scripts("report", REPORT));
    }

    /** Whether a file is a page of {@link #report}, so that another one may replace it. */
    static boolean isReport(Path file) {
        return begins(file, MARK);
    }

    /** Whether a file begins with this text in ASCII. */
    static boolean begins(Path file, String mark) {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(mark.length()), StandardCharsets.UTF_8).equals(mark);
        } catch (IOException e) {
            return false;
        }
    }

    /** Fills the places of a frame in one pass, so that a place that the data names is not filled. */
    private static String fill(String frame, String json, Map<String, String> sections, String script) {
        Map<String, String> parts = Map.of("style", resource("page/page.css"), "echarts", guard(library()),
                "data", plain(json.replace("<", "\\u003c")), "script", script);
        return PLACE.matcher(resource(frame)).replaceAll(place -> Matcher.quoteReplacement(
                parts.getOrDefault(place.group(1), plain(sections.getOrDefault(place.group(1), "")))));
    }

    /** Without characters that turn the direction of a text: a name could show as another one. */
    private static String plain(String text) {
        return DIRECTIONS.matcher(text).replaceAll("\ufffd");
    }

    /** One script, since the parts share names. */
    private static String scripts(String folder, List<String> own) {
        return Stream.concat(SHARED.stream().map(name -> "page/" + name), own.stream().map(name -> folder + "/" + name))
                .map(name -> resource(name + ".js")).collect(Collectors.joining("\n", "\"use strict\";\n", ""));
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
