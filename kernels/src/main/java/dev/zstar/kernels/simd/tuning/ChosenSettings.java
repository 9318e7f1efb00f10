package dev.zstar.kernels.simd.tuning;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The value of every setting: that of its system property, else that of the profile, else the default. An error in a property or in the
 * profile is reported as a note, not thrown, because this runs while classes are initialised.
 *
 * @param values of all settings
 * @param overrides the settings that are not defaults, with their sources; empty if there are none
 * @param notes notes for the user
 */
record ChosenSettings(Map<Setting, Long> values, String overrides, List<Note> notes) {
    /** A sentence, and how much it matters. */
    record Note(Level level, String sentence) {}

    /** Chooses for this vector width and processor. The file of the profile may be absent. */
    static ChosenSettings of(int bits, String cpu, Function<String, String> properties, Optional<Path> file) {
        List<Note> notes = new ArrayList<>();
        Map<Setting, Long> profile = file.map(path -> profile(path, bits, cpu, properties.apply(Profile.PROPERTY) != null, notes))
                .orElse(Map.of());
        Map<Setting, Long> values = new EnumMap<>(Setting.class);
        Map<Setting, String> sources = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            Long saved = profile.get(setting);
            values.put(setting, saved != null ? saved : setting.standard(bits));
            if (saved != null) {
                sources.put(setting, "profile");
            }
            String text = properties.apply(setting.property());
            if (text != null) {
                try {
                    values.put(setting, setting.parse(text));
                    sources.put(setting, "property");
                } catch (IllegalArgumentException e) {
                    notes.add(new Note(Level.WARNING, "the system property " + e.getMessage() + "; " + values.get(setting) + " is used"));
                }
            }
        }
        String overrides = sources.entrySet().stream()
                .map(source -> source.getKey().property() + "=" + values.get(source.getKey()) + " (" + source.getValue() + ")")
                .collect(Collectors.joining(", "));
        return new ChosenSettings(values, overrides, List.copyOf(notes));
    }

    private static Map<Setting, Long> profile(Path file, int bits, String cpu, boolean named, List<Note> notes) {
        if (Files.notExists(file) && !named) {
            return Map.of();
        }
        String ignored = "the tuning profile " + file + " is ignored: ";
        try {
            Profile profile = Profile.read(file);
            Optional<String> mismatch = profile.mismatch(cpu, bits);
            if (mismatch.isEmpty()) {
                return profile.values();
            }
            notes.add(new Note(Level.INFO, ignored + mismatch.get()));
        } catch (IOException e) {
            notes.add(new Note(Level.WARNING, ignored + "it cannot be read (" + e.getClass().getSimpleName() + ")"));
        } catch (IllegalArgumentException e) {
            notes.add(new Note(Level.WARNING, ignored + e.getMessage()));
        }
        return Map.of();
    }
}
