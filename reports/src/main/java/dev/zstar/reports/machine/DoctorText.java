package dev.zstar.reports.machine;

import dev.zstar.reports.terminal.Paragraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code zstar doctor} prints, in at most 100 columns. */
public final class DoctorText {
    private static final int WIDTH = 100;
    private static final String NOT_VISIBLE = "not visible";

    private final List<String> lines = new ArrayList<>();

    private DoctorText() {}

    /** The lines. */
    public static List<String> of(Doctor found) {
        DoctorText text = new DoctorText();
        text.facts(found);
        text.java(found.java());
        text.profile(found.profile());
        found.notes().forEach(note -> text.line("note", note));
        text.lines.add("");
        found.engines().forEach(text::engine);
        return text.lines;
    }

    private void line(String subject, String text) {
        lines.addAll(Paragraph.wrap(String.format(Locale.ROOT, "%-11s", subject), text, WIDTH));
    }

    private void facts(Doctor found) {
        Doctor.Processor processor = found.processor();
        line("zstar", found.zstar());
        line("processor", processor.name() + ", " + processor.available() + " available to this process");
        line("features", processor.features() == null ? NOT_VISIBLE : list(processor.features())
                + (processor.absent().isEmpty() ? "" : "; not " + list(processor.absent())));
        line("caches", found.caches().isEmpty() ? NOT_VISIBLE : found.caches().getFirst().description());
        found.caches().stream().skip(1).forEach(cache -> line("", cache.description()));
        line("NUMA nodes", found.numaNodes() == null ? NOT_VISIBLE : found.numaNodes().toString());
        line("governor", processor.governor() == null ? NOT_VISIBLE : processor.governor());
        line("memory", found.memory().bytes() == 0 ? NOT_VISIBLE : gib(found.memory().bytes()));
        line("huge pages", found.hugePages() == null ? NOT_VISIBLE : found.hugePages());
        line("limits", "processors: " + limit(processor.limit(), "%.2f") + "; memory: "
                + limit(found.memory().limit().value() == null ? found.memory().limit() : Limit.of(found.memory().limit().value() / 0x1p30),
                        "%.1f GiB"));
        line("system", found.system());
    }

    private void java(Doctor.Java java) {
        line("java", java.name() + ", in " + java.home());
        line("flags", java.flags().isEmpty() ? "none" : String.join(" ", java.flags()));
        java.problems().forEach(problem -> line("slow", problem));
    }

    private void profile(Doctor.ProfileState profile) {
        line("profile", switch (profile.state()) {
            case "used" -> profile.file();
            case "ignored" -> profile.file() + " is ignored: " + profile.reason();
            default -> "none (zstar tune writes one" + (profile.file() == null ? ")" : ", to " + profile.file() + ")");
        });
    }

    private void engine(Doctor.EngineState engine) {
        line(engine.name(), engine.available() ? "ready: " + engine.description() : "not available: " + engine.reason());
        if (engine.advice() != null) {
            line("", engine.advice());
        }
        engine.notes().forEach(note -> line("", note));
        if (engine.chosen()) {
            line("", "the engine that is used if none is named");
        }
    }

    private static String list(List<String> names) {
        return names.isEmpty() ? "none of those that matter" : String.join(", ", names);
    }

    private static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30);
    }

    private static String limit(Limit limit, String format) {
        return !limit.visible() ? NOT_VISIBLE : limit.value() == null ? "none" : String.format(Locale.ROOT, format, limit.value());
    }
}
