package dev.zstar.reports;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The page of a study: one file with everything, even the charting library, which needs no network. */
final class Page {
    private static final String ECHARTS = "META-INF/resources/webjars/echarts/5.5.0/echarts.min.js";

    private Page() {}

    static String html(String json) {
        return resource("page.html")
                .replace("/*style*/", resource("page.css"))
                .replace("/*echarts*/", guard(library()))
                .replace("/*data*/", json.replace("<", "\\u003c"))
                .replace("/*script*/", resource("page.js"));
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
