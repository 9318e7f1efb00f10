package dev.zstar.benchmarks.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** The novel and the copy memory task. */
class SequencesTest {
    private static String text(Novel novel, int[] symbols) {
        StringBuilder text = new StringBuilder();
        for (int symbol : symbols) {
            text.append(novel.decode(symbol));
        }
        return text.toString();
    }

    @Test
    void targetsAreTheNextCharacters() {
        Novel novel = Novel.persuasion(60);
        assertThat(novel.symbols()).isEqualTo(75);
        int[] inputs = new int[120];
        int[] targets = new int[120];
        novel.test(0, 2, inputs, targets);
        assertThat(text(novel, inputs).substring(1)).isEqualTo(text(novel, targets).substring(0, 119));
        novel.training(7, 2, inputs, targets);
        assertThat(text(novel, inputs).substring(1, 60)).isEqualTo(text(novel, targets).substring(0, 59));
        int[] again = new int[120];
        novel.training(7, 2, again, targets);
        assertThat(again).isEqualTo(inputs);
        novel.training(8, 2, again, targets);
        assertThat(again).isNotEqualTo(inputs);
    }

    @Test
    void theLastTenthIsForTests() {
        String text = "ab".repeat(450) + "cd".repeat(50);
        Novel novel = Novel.of(text, 9);
        assertThat(novel.tests()).isEqualTo(11);
        int[] inputs = new int[99];
        int[] targets = new int[99];
        novel.test(0, 11, inputs, targets);
        assertThat(text(novel, inputs)).isEqualTo("cd".repeat(50).substring(0, 99));
        assertThat(text(novel, targets)).isEqualTo("cd".repeat(50).substring(1));
        for (int seed = 0; seed < 100; seed++) {
            novel.training(seed, 11, inputs, targets);
            assertThat(text(novel, inputs) + text(novel, targets)).matches("[ab]*");
        }
    }

    @Test
    void countsOfKnownTexts() {
        // Every second character is known: 99 of 100 characters of the test follow another with probability (450.1 / 450.2).
        Novel pairs = Novel.of("ab".repeat(500), 9);
        assertThat(pairs.bitsOfCounts(1)).isCloseTo(1, within(1e-9));
        assertThat(pairs.bitsOfCounts(2)).isBetween(0.0, 1e-3);
        Novel novel = Novel.persuasion(60);
        assertThat(novel.bitsOfCounts(2)).isCloseTo(3.521, within(1e-3));
        assertThat(novel.bitsOfCounts(3)).isCloseTo(2.743, within(1e-3));
    }

    @Test
    void copyMemoryRepeatsTenSymbols() {
        CopyMemory task = new CopyMemory(5);
        int[] inputs = new int[2 * 25];
        int[] targets = new int[2 * 25];
        task.training(3, 2, inputs, targets);
        for (int b = 0; b < 2; b++) {
            for (int t = 0; t < 25; t++) {
                int input = inputs[25 * b + t];
                int target = targets[25 * b + t];
                if (t < 10) {
                    assertThat(input).isBetween(1, 8);
                } else {
                    assertThat(input).isEqualTo(t == 14 ? CopyMemory.SIGNAL : CopyMemory.BLANK);
                }
                assertThat(target).isEqualTo(t < 15 ? CopyMemory.BLANK : inputs[25 * b + t - 15]);
            }
        }
        assertThat(new CopyMemory(30).lossWithoutMemory()).isCloseTo(0.41589, within(1e-5));
    }

    @Test
    void wrongArgumentsSaySo() {
        assertThatThrownBy(() -> Novel.of("ab".repeat(50), 10)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("novel: the length of a window is 10, expected 1 to 9, within the tenth of the text that is for tests");
        assertThatThrownBy(() -> Novel.of("ab".repeat(50), 9).encode("abc")).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("encode: the text has the character 'c', expected those of the novel");
        assertThatThrownBy(() -> new CopyMemory(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("copy memory: the delay is 0, expected at least 1");
    }
}
