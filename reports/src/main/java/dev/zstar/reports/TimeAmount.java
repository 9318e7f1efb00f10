package dev.zstar.reports;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** Reads a time such as {@code 90s}, {@code 10m} or {@code 1.5h}. */
final class TimeAmount implements CommandLine.ITypeConverter<Duration> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,6}(?:\\.\\d{1,3})?)([smh])");
    private static final Map<String, Integer> SECONDS = Map.of("s", 1, "m", 60, "h", 3600);

    @Override
    public Duration convert(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches() || Double.parseDouble(parts.group(1)) == 0) {
            throw new CommandLine.TypeConversionException(
                    "'" + text + "' is not a time; expected a number above 0 and a unit, such as 90s, 10m or 1h");
        }
        return Duration.ofMillis(Math.round(1000 * Double.parseDouble(parts.group(1)) * SECONDS.get(parts.group(2))));
    }
}
