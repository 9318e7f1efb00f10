package dev.zstar.reports;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** Reads a time such as {@code 90s}, {@code 10m} or {@code 1.5h}. */
final class TimeAmount implements CommandLine.ITypeConverter<Duration> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,6}(?:\\.\\d{1,3})?)([smh])");
    private static final List<String> UNITS = List.of("s", "m", "h");
    private static final Map<String, Integer> SECONDS = Map.of("s", 1, "m", 60, "h", 3600);

    @Override
    public Duration convert(String text) {
        return read(text);
    }

    /** The time as {@link #convert} reads it, exactly. */
    static String words(Duration time) {
        for (String unit : UNITS) {
            String text = BigDecimal.valueOf(time.toMillis()).divide(BigDecimal.valueOf(1000L * SECONDS.get(unit)), 4, RoundingMode.HALF_UP)
                    .stripTrailingZeros().toPlainString() + unit;
            if (FORM.matcher(text).matches() && read(text).equals(time)) {
                return text;
            }
        }
        throw new IllegalArgumentException("a time of " + time + " cannot be written; expected a number of milliseconds below 10⁶ h");
    }

    private static Duration read(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches() || Double.parseDouble(parts.group(1)) == 0) {
            throw new CommandLine.TypeConversionException(
                    "'" + text + "' is not a time; expected a number above 0 and a unit, such as 90s, 10m or 1h");
        }
        return Duration.ofMillis(Math.round(1000 * Double.parseDouble(parts.group(1)) * SECONDS.get(parts.group(2))));
    }
}
