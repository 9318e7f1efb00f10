package dev.zstar.kernels.simd.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The source of each setting, and the notes on values that are wrong. */
class ChosenSettingsTest {
    private static final String HERE = "A cpu, model 17";

    @TempDir
    private Path temp;

    private Path file;

    @BeforeEach
    void place() {
        file = temp.resolve("deep").resolve("profile.properties");
    }

    private ChosenSettings choose(Map<String, String> properties) {
        return ChosenSettings.of(512, HERE, properties::get, Optional.of(file));
    }

    private void write(String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private static Map<Setting, Long> defaults(int bits) {
        Map<Setting, Long> values = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            values.put(setting, setting.standard(bits));
        }
        return values;
    }

    private void ignoredBecause(Level level, String reason) {
        ChosenSettings choice = choose(Map.of());
        assertThat(choice.values()).isEqualTo(defaults(512));
        assertThat(choice.overrides()).isEmpty();
        assertThat(choice.notes()).containsExactly(new ChosenSettings.Note(level, "the tuning profile " + file + " is ignored: " + reason));
    }

    @Test
    void defaultsAreWithinTheirRangesAndNeedNoFile() {
        for (int bits : new int[] {128, 256, 512}) {
            ChosenSettings choice = ChosenSettings.of(bits, HERE, _ -> null, Optional.empty());
            assertThat(choice).isEqualTo(new ChosenSettings(defaults(bits), "", java.util.List.of()));
            choice.values().forEach((setting, value) -> assertThat(setting.parse(value.toString())).isEqualTo(value));
        }
        assertThat(choose(Map.of()).notes()).as("a missing file").isEmpty();
        assertThat(choose(Map.of(Profile.PROPERTY, file.toString())).notes()).as("a missing file that was asked for").singleElement()
                .extracting(ChosenSettings.Note::sentence).asString().endsWith("is ignored: it cannot be read (NoSuchFileException)");
    }

    @Test
    void aPropertyWinsOverTheProfileAndTheProfileOverTheDefault() throws IOException {
        new Profile(HERE, 512, Map.of(Setting.TILE_ROWS, 4L, Setting.GEMM_PACK, 16L)).write(file, "made by a test");
        ChosenSettings choice = choose(Map.of("zstar.gemm.pack", "32", "zstar.team.worth", " 5 "));
        Map<Setting, Long> expected = defaults(512);
        expected.put(Setting.TILE_ROWS, 4L);
        expected.put(Setting.GEMM_PACK, 32L);
        expected.put(Setting.TEAM_WORTH, 5L);
        assertThat(choice.values()).isEqualTo(expected);
        assertThat(choice.overrides())
                .isEqualTo("zstar.tile.rows=4 (profile), zstar.gemm.pack=32 (property), zstar.team.worth=5 (property)");
        assertThat(choice.notes()).isEmpty();
    }

    @Test
    void aPropertyOutOfRangeIsRefusedWithASentence() throws IOException {
        new Profile(HERE, 512, Map.of(Setting.TILE_INPUTS, 512L)).write(file, "made by a test");
        ChosenSettings choice =
                choose(Map.of("zstar.tile.inputs", "99", "zstar.tile.rows", "6", "zstar.team.spinNanos", "-1", "zstar.gemm.pack", "many"));
        assertThat(choice.values()).as("as if it were not there").containsEntry(Setting.TILE_INPUTS, 512L)
                .containsEntry(Setting.TILE_ROWS, 8L);
        assertThat(choice.notes()).allMatch(note -> note.level() == Level.WARNING).extracting(ChosenSettings.Note::sentence)
                .containsExactly(
                "the system property zstar.tile.rows is '6', expected a whole number from 4 to 8, a multiple of 4; 8 is used",
                "the system property zstar.tile.inputs is '99', expected a whole number from 64 to 1048576, a multiple of 2; 512 is used",
                "the system property zstar.gemm.pack is 'many', expected a whole number from 1 to 2147483647; 64 is used",
                "the system property zstar.team.spinNanos is '-1', expected a whole number from 0 to 1000000000; 50000 is used");
    }

    @Test
    void aProfileOfAnotherProcessorIsIgnored() throws IOException {
        new Profile("Another", 512, Map.of(Setting.TILE_ROWS, 4L)).write(file, "made by a test");
        ignoredBecause(Level.INFO, "it was made on 'Another' with 512-bit vectors, and this is 'A cpu, model 17' with 512-bit vectors");
        new Profile(HERE, 256, Map.of(Setting.TILE_ROWS, 4L)).write(file, "made by a test");
        ignoredBecause(Level.INFO,
                "it was made on 'A cpu, model 17' with 256-bit vectors, and this is 'A cpu, model 17' with 512-bit vectors");
    }

    @Test
    void whatIsNoProfileIsIgnoredWhole() throws IOException {
        String head = "cpu = " + HERE + "\nvector.bits = 512\n";
        write("zstar.tile.rows = 4\n");
        ignoredBecause(Level.WARNING, "it lacks the keys cpu or vector.bits, expected both, which say where it was made");
        write(head + "zstar.tile.rows = 4\nzstar.gemm.pack = 0\n");
        ignoredBecause(Level.WARNING, "zstar.gemm.pack is '0', expected a whole number from 1 to 2147483647");
        write(head + "zstar.tile.columns = 4\n");
        ignoredBecause(Level.WARNING,
                "it has the unknown key 'zstar.tile.columns', expected one of: cpu, vector.bits, zstar.tile.rows, zstar.tile.inputs, "
                + "zstar.tile.part, zstar.tile.batch, zstar.gemm.pack, zstar.int8.wide, zstar.team.worth, zstar.team.spinNanos");
        write(head + "zstar.tile.rows = \\u00zz\n");
        ignoredBecause(Level.WARNING, "Malformed \\uxxxx encoding.");
        Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        ignoredBecause(Level.WARNING, "it cannot be read (MalformedInputException)");
        Files.delete(file);
        Files.createDirectory(file);
        ignoredBecause(Level.WARNING, "it cannot be read (IOException)");
    }

    @Test
    void aProfileIsReadAsItWasWritten() throws IOException {
        Profile profile = new Profile("Intel(R) \\ @ 2:3 = #1", 256, Map.of(Setting.TEAM_WORTH, 7L));
        profile.write(file, "made by a test");
        profile.write(file, "made by a test, again");
        assertThat(Profile.read(file)).isEqualTo(profile);
        assertThat(file).content().startsWith("# made by a test, again\n");
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files).as("nothing is left beside it").containsExactly(file);
        }
        assertThatThrownBy(() -> Setting.named("zstar.tile"))
                .hasMessageStartingWith("it has the unknown key 'zstar.tile', expected one of: cpu");
    }

    @Test
    void aProcessorHasAModel() {
        assertThat(Cpu.model(
                Stream.of("processor\t: 0", "cpu family\t: 25", "model\t\t: 17", "model name\t: AMD EPYC", "power management:", "",
                "processor\t: 1", "uarch\t: other"))).isEqualTo("AMD EPYC, cpu family 25, model 17");
        assertThat(Cpu.model(Stream.of("processor : 0", "CPU implementer\t: 0x41", "CPU part\t: 0xd40", "", "processor : 1")))
                .isEqualTo("CPU implementer 0x41, CPU part 0xd40");
        assertThat(Cpu.model(Stream.of("nothing"))).isEmpty();
        assertThat(Cpu.model()).isNotBlank();
        assertThat(Profile.slug("Intel(R) Xeon(R), model 17 ")).isEqualTo("intel-r-xeon-r-model-17");
    }
}
