package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Words and times of the command line. */
class ShellWordsTest {
    @ParameterizedTest
    @ValueSource(strings = {"plain", "gemm n=512", "it's", "a\\\\b", "^gemm (n|m)=\\\\d+$", "''", "\"two words\"", "ü €",
        "two\nlines", "a\\\nb"})
    void aQuotedWordIsReadAsItWas(String word) {
        assertThat(ShellWords.split("zstar study --filter " + ShellWords.quoted(word) + " --full"))
                .containsExactly("zstar", "study", "--filter", word, "--full");
    }

    @Test
    void aLongWordNeedsNoLongStack() {
        String word = "a'b|c".repeat(100_000);
        assertThat(ShellWords.split(word.replace("'", "") + " " + ShellWords.quoted(word))).hasSize(2).endsWith(word);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.001s", "0.003s", "999999h", "999999.999m", "999999.999h", "277.779h", "300h", "90s"})
    void aTimeIsReadAsItWasWritten(String text) {
        Duration time = new TimeAmount().convert(text);
        assertThat(new TimeAmount().convert(TimeAmount.words(time))).isEqualTo(time);
    }

    @Test
    void plainWordsHaveNoQuotes() {
        assertThat(ShellWords.quoted("kernels,depth")).isEqualTo("kernels,depth");
        assertThat(ShellWords.quoted("n=1 B=2")).isEqualTo("'n=1 B=2'");
    }

    @Test
    void timesHaveAUnit() {
        TimeAmount times = new TimeAmount();
        assertThat(times.convert("90s")).isEqualTo(Duration.ofSeconds(90));
        assertThat(times.convert("1.5m")).isEqualTo(Duration.ofSeconds(90));
        assertThat(times.convert("2h")).isEqualTo(Duration.ofHours(2));
        for (String wrong : new String[] {"", "0s", "90", "s", "-1s", "1d", "1e3s", "NaNs", "1234567s"}) {
            assertThatThrownBy(() -> times.convert(wrong)).isInstanceOf(CommandLine.TypeConversionException.class)
                    .hasMessage("'" + wrong + "' is not a time; expected a number above 0 and a unit, such as 90s, 10m or 1h");
        }
    }
}
