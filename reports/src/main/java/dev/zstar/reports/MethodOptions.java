package dev.zstar.reports;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Format;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.ApproximatedMap;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.cells.DenseCell;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.MixedPrecision;
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import dev.zstar.solvers.fixedpoint.Picard;
import dev.zstar.solvers.fixedpoint.Safeguard;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine;

/** A fixed-point method on the command line. What is left out keeps the method's own default; what belongs to another method is refused. */
final class MethodOptions {
    /** The methods. */
    enum Method {
        ANDERSON,
        BROYDEN,
        NEWTON_KRYLOV,
        MIXED,
        PICARD;

        /** The options that it takes. */
        List<String> options() {
            return switch (this) {
                case ANDERSON -> List.of("--window", "--type", "--mixing", "--safeguard");
                case BROYDEN -> List.of("--memory", "--update", "--reduction", "--line-search");
                case NEWTON_KRYLOV -> List.of("--krylov");
                case MIXED -> List.of("--format", "--window");
                case PICARD -> List.of("--mixing");
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Anderson's two types. */
    enum Variant { I, II }

    /** By the names that people read, which the constants' are not. */
    static final class MethodByName implements CommandLine.ITypeConverter<Method> {
        @Override
        public Method convert(String name) {
            return named(name, List.of(Method.values()));
        }
    }

    /** The formats that are narrower than the cell's own. */
    static final class FormatByName implements CommandLine.ITypeConverter<Format> {
        @Override
        public Format convert(String name) {
            return named(name, List.of(Format.BF16, Format.INT8));
        }
    }

    private static <E> E named(String name, List<E> values) {
        return values.stream().filter(value -> value.toString().equalsIgnoreCase(name)).findFirst().orElseThrow(() -> new TypeConversionException(
                "expected " + values.stream().map(Object::toString).collect(Collectors.joining(" or ")) + " but was '" + name + "'"));
    }

    @Option(names = "--solver", paramLabel = "METHOD", converter = MethodByName.class,
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Method method = Method.ANDERSON;

    @Option(names = "--window", paramLabel = "M", description = "anderson, also inside mixed: earlier iterates used (default: 10; 5 inside mixed).")
    private Integer window;

    @Option(names = "--type", paramLabel = "I|II", description = "anderson: residuals made orthogonal to steps, or least (default: II).")
    private Variant variant;

    @Option(names = "--mixing", paramLabel = "BETA",
            description = "anderson, picard: share of the residual that is added (default: 1); anderson: gain for one by what a step gains.")
    private String mixing;

    @Option(names = "--safeguard", paramLabel = "GROWTH", arity = "0..1", fallbackValue = "10",
            description = "anderson: back to the shortest residual and a damped step where it grew so many times (10 if not said).")
    private Double safeguard;

    @Option(names = "--memory", paramLabel = "K", description = "broyden: steps kept (default: 30).")
    private Integer memory;

    @Option(names = "--update", paramLabel = "good|bad", description = "broyden: of the Jacobian, or of its inverse (default: good).")
    private Broyden.Update update;

    @Option(names = "--reduction", paramLabel = "restart|svd", description = "broyden: what a full memory is reduced to (default: restart).")
    private Broyden.Reduction reduction;

    @Option(names = "--line-search", description = "broyden: shorter steps where the residual does not fall.")
    private boolean lineSearch;

    @Option(names = "--krylov", paramLabel = "M", description = "newton-krylov: most products with the Jacobian for a step (default: 40).")
    private Integer krylov;

    @Option(names = "--format", paramLabel = "bf16|int8", converter = FormatByName.class,
            description = "mixed: of the cheap weights (default: bf16).")
    private Format format;

    /** Throws if an option was given that the method does not take. */
    void check(ParseResult given) {
        for (OptionSpec option : given.matchedOptions()) {
            String name = option.longestName();
            List<Method> takers = Arrays.stream(Method.values()).filter(taker -> taker.options().contains(name)).toList();
            if (!takers.isEmpty() && !takers.contains(method)) {
                throw new IllegalArgumentException(name + " is an option of --solver "
                        + takers.stream().map(Method::toString).collect(Collectors.joining(" or ")) + ", not of " + method + ", which takes "
                        + String.join(", ", method.options()));
            }
        }
    }

    /** The formats that the cell's weights are wanted in, beside their own. */
    Format[] formats() {
        return method == Method.MIXED ? new Format[] {narrow()} : new Format[0];
    }

    /** What to solve to solve for the cell's fixed point. */
    FixedPointMap map(DenseCell cell) {
        return method == Method.MIXED ? new ApproximatedMap(cell, cell.in(narrow())) : cell;
    }

    /** Plans the method for {@code batch} rows of {@code n} f32 elements. */
    FixedPointSolver plan(Engine engine, int n, int batch, Stopping until) {
        return switch (method) {
            case ANDERSON -> Anderson.plan(engine, Type.F32, batch, n, anderson(), until);
            case BROYDEN -> Broyden.plan(engine, Type.F32, batch, n, broyden(), until);
            case NEWTON_KRYLOV -> NewtonKrylov.plan(engine, Type.F32, batch, n,
                    krylov == null ? NewtonKrylov.Options.DEFAULT : NewtonKrylov.Options.DEFAULT.withKrylov(krylov), until);
            case MIXED -> {
                Anderson.Options inside = anderson();
                yield MixedPrecision.plan(engine, Type.F32, batch, n, MixedPrecision.Options.DEFAULT,
                        (e, type, rows, width, within) -> Anderson.plan(e, type, rows, width, inside, within), until);
            }
            case PICARD -> Picard.plan(engine, Type.F32, batch, n, mixing == null ? 1 : share(), until);
        };
    }

    /** The evaluations of a solve, in words. */
    String evaluations(FixedPointSolver solver, int evaluations) {
        String own = evaluations + (evaluations == 1 ? " evaluation" : " evaluations");
        return solver instanceof MixedPrecision mixed ? own + " and " + mixed.cheapEvaluations() + " in " + narrow() : own;
    }

    @Override
    public String toString() {
        return method.toString();
    }

    private Format narrow() {
        return format == null ? Format.BF16 : format;
    }

    private Anderson.Options anderson() {
        // What the library picks where nothing is chosen.
        Anderson.Options options = method == Method.MIXED ? MixedPrecision.INNER : Anderson.Options.DEFAULT;
        if (window != null) {
            options = options.withWindow(window);
        }
        if (variant != null) {
            options = options.withVariant(variant == Variant.I ? Anderson.Variant.TYPE_I : Anderson.Variant.TYPE_II);
        }
        if (mixing != null) {
            options = mixing.equals("gain") ? options.withMixing(Anderson.Mixing.byGain()) : options.withMixing(share());
        }
        return safeguard == null ? options : options.withSafeguard(new Safeguard(safeguard, Safeguard.DEFAULT.damping()));
    }

    private Broyden.Options broyden() {
        Broyden.Options options = Broyden.Options.DEFAULT;
        if (memory != null) {
            options = options.withMemory(memory);
        }
        if (update != null) {
            options = options.withUpdate(update);
        }
        if (reduction != null) {
            options = options.withReduction(reduction);
        }
        return options.withLineSearch(lineSearch);
    }

    private double share() {
        try {
            return Double.parseDouble(mixing);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--mixing " + mixing + " for " + method + "; expected a number"
                    + (method == Method.ANDERSON ? " or gain" : ""), e);
        }
    }
}
