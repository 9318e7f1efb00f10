package dev.zstar.reports.machine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Caches of the same kind.
 *
 * @param type {@code data}, {@code instruction} or {@code unified}
 * @param bytes of each
 * @param count how many of them the processors that are visible have; null if only Linux would say
 * @param sharedBy logical processors that share one; null if only Linux would say
 */
public record Cache(int level, String type, long bytes, Integer count, Integer sharedBy) {
    private static final String PROCESSORS = "sys/devices/system/cpu";

    /** The caches of all processors as Linux lists them, from the first level on; none if they are not visible. */
    static List<Cache> read(SystemFiles files) {
        // Each cache is listed with each of its processors.
        Map<String, Cache> single = new LinkedHashMap<>();
        for (String processor : files.entries(PROCESSORS, "cpu[0-9]+")) {
            for (String folder : files.entries(processor + "/cache", "index[0-9]+")) {
                String sharers = files.text(folder + "/shared_cpu_list").orElse(processor);
                one(files, folder, sharers).ifPresent(cache -> single.putIfAbsent(cache + " " + sharers, cache));
            }
        }
        Map<Cache, Integer> counts = new LinkedHashMap<>();
        single.values().forEach(cache -> counts.merge(cache, 1, Integer::sum));
        Map<String, Cache> sorted = new TreeMap<>();
        counts.forEach((cache, count) -> sorted.put(
                cache.level + cache.type + String.format(Locale.ROOT, "%020d %d", cache.bytes, cache.sharedBy),
                new Cache(cache.level, cache.type, cache.bytes, count, cache.sharedBy)));
        return new ArrayList<>(sorted.values());
    }

    private static Optional<Cache> one(SystemFiles files, String folder, String sharers) {
        Optional<String> level = files.text(folder + "/level").filter(text -> text.matches("[1-9]"));
        Optional<String> type = files.text(folder + "/type");
        Optional<String> size = files.text(folder + "/size").filter(text -> text.matches("[0-9]{1,9}[KM]"));
        if (level.isEmpty() || type.isEmpty() || size.isEmpty()) {
            return Optional.empty();
        }
        String text = size.get();
        long bytes = Long.parseLong(text.substring(0, text.length() - 1)) << (text.endsWith("K") ? 10 : 20);
        return Optional.of(new Cache(Integer.parseInt(level.get()), type.get().toLowerCase(Locale.ROOT), bytes, 1, CpuList.size(sharers)));
    }

    /** Level, type and size. */
    public String name() {
        return "L" + level + " " + type + ", " + bytes / 1024 + " KiB";
    }

    /** The same, and who shares it. */
    String description() {
        if (count == null) {
            return name();
        }
        String sharers = sharedBy == 1 ? "one processor" : sharedBy + " processors";
        return name() + (count == 1 ? ", for " + sharers : ", " + count + " of them, each for " + sharers);
    }
}
