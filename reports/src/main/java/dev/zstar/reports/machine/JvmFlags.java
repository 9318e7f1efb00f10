package dev.zstar.reports.machine;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Options of the JVM that ruin speed. */
final class JvmFlags {
    /** Options that are on by default, and what vector code loses without them. */
    private static final Map<String, String> SWITCHES = Map.of(
            "EliminateAllocations", "every vector becomes an object on the heap",
            "DoEscapeAnalysis", "every vector becomes an object on the heap",
            "EnableVectorSupport", "the Vector API is not compiled to vector instructions",
            "UseVectorStubs", "exponentials of vectors are computed one element at a time",
            "Inline", "kernels are not inlined, and every vector becomes an object on the heap",
            "UseFMA", "fused multiply-adds are emulated",
            "UseCompiler", "nothing is compiled",
            "UseSuperWord", "loops of the scalar engine are not vectorised",
            "UseOnStackReplacement", "a long loop that is running cannot switch to compiled code");

    private JvmFlags() {}

    /** A sentence for each that was given to this JVM. */
    static List<String> sentences() {
        return sentences(JvmFlags::given, System.getProperty("java.vm.info", ""), vectorModule());
    }

    /**
     * The same for any JVM.
     *
     * @param given the value of an option that whoever started the JVM gave; empty if the default holds
     * @param mode {@code java.vm.info}
     * @param vectors whether the module of the Vector API is loaded
     */
    static List<String> sentences(Function<String, Optional<String>> given, String mode, boolean vectors) {
        List<String> sentences = new ArrayList<>();
        if (!vectors) {
            sentences.add("The module jdk.incubator.vector is not loaded, so the simd engine cannot run; add "
                    + "--add-modules jdk.incubator.vector.");
        }
        if (mode.contains("interpreted mode")) {
            sentences.add("-Xint turns the JIT off: everything is about a hundred times slower; remove it.");
        }
        given.apply("TieredStopAtLevel").filter(level -> !level.equals("4")).ifPresent(level -> sentences.add("-XX:TieredStopAtLevel="
                + level + " turns the optimising compiler off: the simd engine cannot run; remove it."));
        given.apply("CompilationMode").filter(name -> name.startsWith("quick")).ifPresent(name -> sentences.add("-XX:CompilationMode="
                + name + " turns the optimising compiler off: the simd engine cannot run; remove it."));
        SWITCHES.keySet().stream().sorted().forEach(name -> given.apply(name).filter("false"::equals).ifPresent(_ -> sentences.add(
                "With -XX:-" + name + " " + SWITCHES.get(name) + "; remove it.")));
        for (String name : List.of("UseAVX", "MaxVectorSize", "UseSSE")) {
            given.apply(name).ifPresent(value -> sentences.add("-XX:" + name + "=" + value
                    + " may make vectors narrower than those of the processor; remove it."));
        }
        return List.copyOf(sentences);
    }

    static boolean vectorModule() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    private static Optional<String> given(String option) {
        try {
            HotSpotDiagnosticMXBean bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            return Optional.ofNullable(bean).map(found -> found.getVMOption(option))
                    .filter(found -> found.getOrigin() != VMOption.Origin.DEFAULT && found.getOrigin() != VMOption.Origin.ERGONOMIC)
                    .map(VMOption::getValue);
        } catch (IllegalArgumentException | LinkageError e) {
            // This JVM has no such option.
            return Optional.empty();
        }
    }
}
