package dev.zstar.reports.machine;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Features of processors that decide how fast vectors and products are. The names are those of Linux, macOS and Windows. */
enum Feature {
    AVX2("AVX2", true, "avx2", "pfavx2instructionsavailable"),
    FMA("FMA", true, "fma"),
    F16C("F16C", true, "f16c"),
    AVX512("AVX-512", true, "avx512f", "pfavx512finstructionsavailable"),
    AVX512_VNNI("AVX-512 VNNI", true, "avx512vnni"),
    AVX512_BF16("AVX-512 BF16", true, "avx512bf16"),
    AVX512_FP16("AVX-512 FP16", true, "avx512fp16"),
    AVX_VNNI("AVX VNNI", true, "avxvnni"),
    AMX_INT8("AMX INT8", true, "amxint8"),
    AMX_BF16("AMX BF16", true, "amxbf16"),
    NEON("NEON", false, "asimd", "neon", "pfarmneoninstructionsavailable", "advsimd"),
    FP16("FP16", false, "asimdhp", "featfp16"),
    DOT("dot products", false, "asimddp", "featdotprod"),
    I8MM("I8MM", false, "i8mm", "feati8mm"),
    BF16("BF16", false, "bf16", "featbf16"),
    SVE("SVE", false, "sve", "pfarmsveinstructionsavailable"),
    SVE2("SVE2", false, "sve2", "pfarmsve2instructionsavailable"),
    SME("SME", false, "sme", "featsme");

    private final String label;
    private final boolean x86;
    /** Separated by spaces, in lower case and without other signs. */
    private final String names;

    Feature(String label, boolean x86, String... names) {
        this.label = label;
        this.x86 = x86;
        this.names = String.join(" ", names);
    }

    /**
     * What of this list a processor has.
     *
     * @param present labels
     * @param absent labels of other features of the same kind of processor; empty if the source lists only some features
     */
    record Found(List<String> present, List<String> absent) {}

    /** From {@code /proc/cpuinfo}, which lists all features, else from what OSHI found; empty if neither lists any. */
    static Optional<Found> read(SystemFiles files, List<String> library, String architecture) {
        Optional<String> listed = files.value("proc/cpuinfo", "flags", ":").or(() -> files.value("proc/cpuinfo", "Features", ":"));
        if (listed.isPresent()) {
            return Optional.of(found(Arrays.asList(listed.get().split("\\s+", -1)), architecture, true));
        }
        return Optional.of(found(library, architecture, false)).filter(found -> !found.present.isEmpty());
    }

    private static Found found(List<String> flags, String architecture, boolean complete) {
        Set<String> names = flags.stream().flatMap(Feature::names).collect(Collectors.toSet());
        boolean x86 = architecture.matches("amd64|x86_64|x86|i386");
        List<Feature> own = Arrays.stream(values()).filter(feature -> feature.x86 == x86).toList();
        return new Found(labels(own, names, true), complete ? labels(own, names, false) : List.of());
    }

    /** The names in a flag of Linux or Windows, which is one name, or in a line of macOS: {@code hw.optional.arm.FEAT_BF16: 1}. */
    private static Stream<String> names(String flag) {
        return flag.endsWith(": 0") ? Stream.empty()
                : Arrays.stream(flag.split("[\\s:]+", -1)).map(name -> name.toLowerCase(Locale.ROOT)
                        .replaceFirst("^hw\\.optional\\.(arm\\.)?", "").replaceAll("[^a-z0-9]", ""));
    }

    private static List<String> labels(List<Feature> features, Set<String> names, boolean present) {
        return features.stream().filter(feature -> Arrays.stream(feature.names.split(" ", -1)).anyMatch(names::contains) == present)
                .map(feature -> feature.label).toList();
    }
}
