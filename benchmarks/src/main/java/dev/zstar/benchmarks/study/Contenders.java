package dev.zstar.benchmarks.study;

import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/** The engines that a study measures: zstar's own kernels, and others to compare with. */
final class Contenders {
    /** Tells a child the engines of its parent. */
    private static final String PROPERTY = "zstar.study.engines";
    private static final String FAST = "simd";
    private static final String PLAIN = "scalar";

    private Contenders() {}

    /** Only these from now on, in this JVM and in children that are started with {@link #flag}; all if the list is empty. */
    static void restrictTo(List<String> names) {
        System.setProperty(PROPERTY, String.join(",", names));
    }

    /** The flag of a child. */
    static String flag() {
        return "-D" + PROPERTY + "=" + System.getProperty(PROPERTY, "");
    }

    /** @throws IllegalArgumentException if a name is unknown or there twice, or if its engine cannot run here */
    static void check(List<String> names) {
        for (String name : names) {
            if (Collections.frequency(names, name) > 1) {
                throw new IllegalArgumentException("--engine " + String.join(",", names) + ": " + name + " is there "
                        + Collections.frequency(names, name) + " times; expected each engine once");
            }
            EngineProvider provider = Engines.providers().stream().filter(one -> one.name().equals(name)).findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("unknown engine '" + name + "'; expected one of "
                            + String.join(", ", Engines.providers().stream().map(EngineProvider::name).sorted().toList())));
            provider.unavailable().ifPresent(reason -> {
                throw new IllegalArgumentException("--engine " + name + ": it cannot run here: " + reason);
            });
        }
    }

    private static List<String> named() {
        String names = System.getProperty(PROPERTY, "");
        return names.isEmpty() ? List.of() : List.of(names.split(",", -1));
    }

    /** The engine that runs zstar's own kernels here: {@code simd}, or {@code scalar} if it cannot run or is not wanted. */
    static String own() {
        boolean plain = named().contains(PLAIN) && !named().contains(FAST);
        return !plain && available().anyMatch(provider -> provider.name().equals(FAST)) ? FAST : PLAIN;
    }

    /** Whether zstar's own kernels run as vector code here. */
    static boolean fast() {
        return own().equals(FAST);
    }

    /** The names of the engines to compare: zstar's own, then the other fast engines that can run here. */
    static List<String> all() {
        String own = own();
        return Stream.concat(Stream.of(own), available()
                .filter(provider -> provider.priority() > 0)
                .map(EngineProvider::name)
                .filter(name -> !name.equals(own) && !name.equals(FAST) && (named().isEmpty() || named().contains(name))))
                .toList();
    }

    private static Stream<EngineProvider> available() {
        return Engines.providers().stream().filter(provider -> provider.unavailable().isEmpty());
    }

    /** Sentences about engines that are left out on this machine, and why. */
    static List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        for (EngineProvider provider : Engines.providers()) {
            provider.unavailable().ifPresent(reason -> remarks.add(provider.name().equals(FAST)
                    ? "the simd engine cannot run here (" + reason + "), so the scalar engine was measured instead, on one thread, without "
                            + "ceilings and without large products"
                    : "the " + provider.name() + " engine is not compared: " + reason));
        }
        if (!named().isEmpty()) {
            remarks.add("only these engines were asked for: " + String.join(", ", named()));
        }
        return List.copyOf(remarks);
    }
}
