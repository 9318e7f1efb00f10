package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.zstar.kernels.Block;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights as other programs write them, and the messages for everything else. */
class WeightsFileTest {
    private static final String ONE_SENTENCE = "the weights \\S+/w(, line [0-9]+(, column [0-9]+)?)?: [ -~…]+";

    @TempDir
    private Path temp;

    private float[] read(byte[] bytes) throws IOException {
        try (Block w = WeightsFile.read(Files.write(temp.resolve("w"), bytes))) {
            return w.toFloats();
        }
    }

    private float[] read(String text) throws IOException {
        return read(text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "1.5,-2\n0.25,30\n", "1.5,-2\r\n0.25,30", "1.5,-2\r0.25,30", "\ufeff1.5,-2\n0.25,30\n", "\n  \n1.5, -2 \n\n0.25 ,30\n\n",
        "1.5 -2\n 0.25   30", "a,b\n1.5,-2\n0.25,30", "\"w 1\";\"w 2\"\r\n1,5;-2\r\n0,25;30\r\n",
        "\ufeff\nx\ty[1]\n1.5\t-2\n0.25\t30\n", "# of numpy\n1.5 -2\n# more\n0.25 30\n",
        "1.5\t-2\n0.25\t30", "1.5;-2\n.25;3e1", "1,5;-2\n0,25;30", "1,5\t-2\n0,25\t3E+1", "+1.5; -2.\n0.25; 30", "15e-1,-2.\n250e-3,30.0"})
    void whatPeoplesProgramsWriteIsRead(String text) throws IOException {
        assertThat(read(text)).containsExactly(1.5f, -2, 0.25f, 30);
    }

    @Test
    void numbersAreTheNearestThatF32Has() throws IOException {
        // Halfway between two numbers of f32 but for a digit that f64 does not hold: to f64 first, and it goes the wrong way.
        String text = "1.00000005960464477540";
        assertThat(read(text)).containsExactly(Float.parseFloat(text)).doesNotContain((float) Double.parseDouble(text));
        assertThat(read("3.4028235e38")).containsExactly(Float.MAX_VALUE);
        assertThat(read("1e-999")).containsExactly(0);
    }

    private void refused(String text, String where) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the weights " + temp.resolve("w") + where);
    }

    @Test
    void whatIsNoMatrixIsOneSentenceThatSaysWhere() {
        refused("", ": it has no numbers; expected n lines of n numbers");
        refused("\ufeff\n \n", ": it has no numbers; expected n lines of n numbers");
        refused("1,2\n\n3\n", ", line 3: 1 number; expected 2 separated by commas, as in line 1");
        refused("1,2\n3,4,5\n", ", line 2: 3 numbers; expected 2 separated by commas, as in line 1");
        refused("1,2\n3,4\n\n5,6\n", ", line 4: more than 2 lines of 2 numbers; expected a square W");
        refused("1,2,3\n", ": 1 line of 3 numbers; expected a square W");
        refused("a,b\n1,2\n", ": 1 line of 2 numbers; expected a square W");
        refused("a,b\n", ": it has no numbers; expected n lines of n numbers");
        refused("a,b,c\n1,2\n3,4\n", ", line 2: 2 numbers; expected 3 separated by commas, as names in line 1");
        refused("a,b\nc,d\n1,2\n", ", line 2, column 1: 'c'; expected a number");
        refused("a,1\n1,2\n", ", line 1, column 1: 'a'; expected a number");
        refused("nan,inf\n1,2\n", ", line 1, column 1: 'nan'; expected a finite number");
        refused("1,2\n3,\n", ", line 2, column 2: no number; expected one between two separators");
        refused("1,2\n3,nan\n", ", line 2, column 2: 'nan'; expected a finite number");
        refused("1,-Infinity\n3,4\n", ", line 1, column 2: '-Infinity'; expected a finite number");
        refused("1,2\n1e999,4\n", ", line 2, column 1: '1e999' overflows f32; expected at most 3.4e38 in size");
        refused("1,2\n3,-1e40\n", ", line 2, column 2: '-1e40' overflows f32; expected at most 3.4e38 in size");
        refused("1 2\n3,5 4\n", ", line 2, column 1: '3,5'; expected a number, since line 1 separates numbers by spaces");
        refused("1,5 2,5\n", ", line 1, column 2: '5 2'; expected a number, since line 1 separates numbers by commas");
        refused("1.5;2\n1,5;2\n", ", line 2, column 1: '1,5' has a decimal ','; expected '.', as in the numbers before");
        refused("1,234.5;2\n", ", line 1, column 1: '1,234.5'; expected a number, since line 1 separates numbers by semicolons");
        refused("1,0x1p3\n", ", line 1, column 2: '0x1p3'; expected a number");
        refused("1,2f\n", ", line 1, column 2: '2f'; expected a number");
        refused("1,−2\n", ", line 1, column 2: '\\xe2\\x88\\x922'; expected a number");
        refused("1,2\u0000\n", ", line 1: zero byte at character 4; expected text");
        refused("1," + "9".repeat(50) + "x\n", ", line 1, column 2: '" + "9".repeat(24) + "…'; expected a number");
    }

    @Test
    void whatIsNoTextFileIsOneSentence() {
        assertThatThrownBy(() -> WeightsFile.read(temp)).hasMessage("the weights " + temp
                + ": it is a folder; expected a text file of numbers");
        Path missing = temp.resolve("missing");
        assertThatThrownBy(() -> WeightsFile.read(missing)).hasMessage("the weights " + missing + ": there is no such file; expected "
                + "a text file of numbers");
        assertThatThrownBy(() -> read("1,2\n3,4".getBytes(StandardCharsets.UTF_16)))
                .hasMessageEndingWith(": it is in UTF-16; expected UTF-8");
        assertThatThrownBy(() -> read("1,2\n3,4".getBytes(StandardCharsets.UTF_16LE)))
                .hasMessageContaining(", line 1: zero byte at character 2");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void whatMayNotBeReadIsOneSentence() throws IOException {
        Path file = Files.writeString(temp.resolve("secret"), "1");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        Assumptions.assumeFalse(Files.isReadable(file), "this user may read everything");
        assertThatThrownBy(() -> WeightsFile.read(file)).hasMessage("the weights " + file + ": permission denied; expected a readable "
                + "file");
    }

    /**
     * Every byte is changed to every other, the file is cut at every length, and every byte is inserted at every place. The result is the
     * right values, or a message.
     */
    @ParameterizedTest
    @ValueSource(strings = {"1.5,-2\n3e1,4", "\ufeff1,5;2\r\n3;4", "1 2\n3 4\n"})
    void aFileThatIsDamagedIsReadRightOrRefused(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        long live = Block.liveBytes();
        int read = 0;
        for (int at = 0; at <= bytes.length; at++) {
            read += check(Arrays.copyOf(bytes, at));
            for (int value = 0; value < 256; value++) {
                byte[] longer = new byte[bytes.length + 1];
                System.arraycopy(bytes, 0, longer, 0, at);
                longer[at] = (byte) value;
                System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
                read += check(longer);
                if (at < bytes.length) {
                    byte[] changed = bytes.clone();
                    changed[at] = (byte) value;
                    read += check(changed);
                }
            }
        }
        assertThat(read).as("files that were read").isGreaterThan(100);
        assertThat(Block.liveBytes()).isEqualTo(live);
    }

    /** Ten thousand files with up to eight random changes each, which add, remove, repeat or replace bytes that such files consist of. */
    @Test
    void filesThatAreDamagedAtManyPlacesAreReadOrRefused() throws IOException {
        Random random = new Random(1);
        String[] sources = {"a;b\n1,5;-2\n3e1;4\n", "1.5,-2,0\r\n3e1,4,1\r\n7,8,9\r\n", "\ufeffx\ty\n1\t2\n3\t4\n", "# c\n1 2\n3 4\n"};
        byte[] alphabet = "0123456789+-.,;\t eEnaif#\"\r\n\0\u00ff\ufeff".getBytes(StandardCharsets.UTF_8);
        long live = Block.liveBytes();
        int refused = 0;
        for (int trial = 0; trial < 10_000; trial++) {
            StringBuilder text = new StringBuilder(new String(
                    sources[trial % sources.length].getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
            for (int change = random.nextInt(8); change >= 0; change--) {
                int at = random.nextInt(text.length() + 1);
                char sign = (char) (alphabet[random.nextInt(alphabet.length)] & 0xff);
                switch (random.nextInt(4)) {
                    case 0 -> text.insert(at, sign);
                    case 1 -> text.delete(at, Math.min(text.length(), at + random.nextInt(3)));
                    case 2 -> text.insert(at, text.substring(at, Math.min(text.length(), at + random.nextInt(6))));
                    default -> text.replace(at, Math.min(text.length(), at + 1), String.valueOf(sign));
                }
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
            Throwable refusal = catchThrowable(() -> read(bytes));
            if (refusal != null) {
                refused++;
                assertThat(refusal).as(text.toString()).isInstanceOf(IllegalArgumentException.class).hasMessageMatching(ONE_SENTENCE);
            }
        }
        assertThat(refused).isBetween(5_000, 9_999);
        assertThat(Block.liveBytes()).isEqualTo(live);
    }

    /** 1 if it was read. */
    private int check(byte[] bytes) throws IOException {
        float[][] values = new float[1][];
        Throwable refusal = catchThrowable(() -> values[0] = read(bytes));
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (refusal == null) {
            // A decimal number has no negative zero.
            assertThat(values[0]).as(text).usingElementComparator((x, y) -> Float.compare(x + 0f, y + 0f)).containsExactly(expected(text));
            return 1;
        }
        assertThat(refusal).as(text).isInstanceOf(IllegalArgumentException.class).hasMessageMatching(ONE_SENTENCE);
        return 0;
    }

    /** The numbers of a text, whatever is between them; commas are decimal if the first line has semicolons or tabs. */
    private static float[] expected(String text) {
        String content = text.replaceFirst("^\u00ef\u00bb\u00bf", "").replaceAll("(?m)^[\\s\u001c-\u001f]*#.*$", "");
        String first = content.lines().map(String::strip).filter(line -> !line.isEmpty()).findFirst().orElse("");
        boolean decimals = first.contains(";") || first.contains("\t");
        String points = decimals ? content.replace(',', '.') : content;
        String[] words = points.strip().split("[\\s;,\u001c-\u001f]+", -1);
        float[] numbers = new float[words.length];
        for (int i = 0; i < words.length; i++) {
            numbers[i] = new BigDecimal(words[i].replaceFirst("\\.$|\\.(?=[eE])", "")).floatValue();
        }
        return numbers;
    }
}
