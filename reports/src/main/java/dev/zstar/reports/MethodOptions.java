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
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

/** A fixed-point method and its options on the command line. An option of another method is refused. */
final class MethodOptions {
    /** The methods. */
    enum SolverName {
        ANDERSON,
        BROYDEN,
        NEWTON_KRYLOV,
        MIXED,
        PICARD;

        /** The options of this method. */
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

    /** The two types of Anderson acceleration. */
    enum AndersonType { I, II }

    /** Converts the names that {@code toString} gives. */
    static final class MethodNameConverter implements CommandLine.ITypeConverter<SolverName> {
        @Override
        public SolverName convert(String name) {
            return named(name, List.of(SolverName.values()));
        }
    }

    /** Converts the two types of Anderson acceleration. */
    static final class AndersonTypeConverter implements CommandLine.ITypeConverter<AndersonType> {
        @Override
        public AndersonType convert(String name) {
            return named(name, List.of(AndersonType.values()));
        }
    }

    /** Converts the names of Broyden's updates. */
    static final class UpdateConverter implements CommandLine.ITypeConverter<Broyden.Update> {
        @Override
        public Broyden.Update convert(String name) {
            return named(name, List.of(Broyden.Update.values()), MethodOptions::lower);
        }
    }

    /** Converts the names of Broyden's reductions. */
    static final class ReductionConverter implements CommandLine.ITypeConverter<Broyden.Reduction> {
        @Override
        public Broyden.Reduction convert(String name) {
            return named(name, List.of(Broyden.Reduction.values()), MethodOptions::lower);
        }
    }

    /** Converts the names of formats that are narrower than f32. */
    static final class FormatConverter implements CommandLine.ITypeConverter<Format> {
        @Override
        public Format convert(String name) {
            return named(name, List.of(Format.BF16, Format.INT8));
        }
    }

    /** The value of this name, in capitals or not. */
    static <E> E named(String name, List<E> values) {
        return named(name, values, Object::toString);
    }

    /** The value that is spelled like this, in capitals or not. */
    private static <E> E named(String name, List<E> values, Function<Object, String> spelled) {
        return values.stream()
                .filter(value -> spelled.apply(value).equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("expected one of "
                        + values.stream().map(spelled).collect(Collectors.joining(", ")) + ", but got '" + name + "'"));
    }

    private static String lower(Object constant) {
        return constant.toString().toLowerCase(Locale.ROOT);
    }

    @Option(names = "--solver", paramLabel = "METHOD", converter = MethodNameConverter.class,
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private SolverName method = SolverName.ANDERSON;

    @Option(names = "--window", paramLabel = "M",
            description = "anderson, mixed: number of earlier iterates (default: 10, or 5 with mixed).")
    private Integer window;

    @Option(names = "--type", paramLabel = "I|II", converter = AndersonTypeConverter.class,
            description = "anderson: the combined residual is orthogonal to the steps (I) or of minimal norm (II, default).")
    private AndersonType variant;

    @Option(names = "--mixing", paramLabel = "BETA",
            description = "anderson, picard: factor of the residual in a step (default: 1). With anderson, gain adapts it in each step.")
    private String mixing;

    @Option(names = "--safeguard", paramLabel = "GROWTH", arity = "0..1", fallbackValue = "10",
            description = "anderson: restart from the best point with a damped step if the residual stays this many times above its minimum"
                    + " for 20 evaluations (10 if GROWTH is omitted).")
    private Double safeguard;

    @Option(names = "--memory", paramLabel = "K", description = "broyden: number of steps to keep (default: 30).")
    private Integer memory;

    @Option(names = "--update", paramLabel = "good|bad", converter = UpdateConverter.class,
            description = "broyden: change the Jacobian least (good, default) or its inverse (bad).")
    private Broyden.Update update;

    @Option(names = "--reduction", paramLabel = "restart|svd", converter = ReductionConverter.class,
            description = "broyden: when the memory is full, drop all steps (restart, default) or keep the best low-rank part (svd).")
    private Broyden.Reduction reduction;

    @Option(names = "--line-search", description = "broyden: shorten a step if the residual does not decrease.")
    private boolean lineSearch;

    @Option(names = "--krylov", paramLabel = "M", description = "newton-krylov: maximum number of Jacobian products in a step "
            + "(default: 40).")
    private Integer krylov;

    @Option(names = "--format", paramLabel = "bf16|int8", converter = FormatConverter.class,
            description = "mixed: format of the narrow weights (default: bf16).")
    private Format format;

    /** Throws if an option of another method was given. */
    void check(ParseResult given) {
        for (OptionSpec option : given.matchedOptions()) {
            String name = option.longestName();
            List<SolverName> takers = Arrays.stream(SolverName.values()).filter(taker -> taker.options().contains(name)).toList();
            if (!takers.isEmpty() && !takers.contains(method)) {
                String others = takers.stream().map(SolverName::toString).collect(Collectors.joining(" or "));
                throw new IllegalArgumentException(name + " is an option of --solver " + others + "; expected an option of --solver "
                        + method + ": " + String.join(", ", method.options()));
            }
        }
    }

    /** The formats in which the cell needs its weights in addition to f32. */
    Format[] formats() {
        return method == SolverName.MIXED ? new Format[] {narrow()} : new Format[0];
    }

    /** The map to solve for the fixed point of the cell. */
    FixedPointMap map(DenseCell cell) {
        return method == SolverName.MIXED ? new ApproximatedMap(cell, cell.in(narrow())) : cell;
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
            case PICARD -> Picard.plan(engine, Type.F32, batch, n, mixing == null ? 1 : mixingParameter(), until);
        };
    }

    /** Whether every evaluation uses the full weights. */
    boolean isFull() {
        return method != SolverName.MIXED;
    }

    boolean isBroyden() {
        return method == SolverName.BROYDEN;
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
        // The defaults of the library.
        Anderson.Options options = method == SolverName.MIXED ? MixedPrecision.INNER : Anderson.Options.DEFAULT;
        if (window != null) {
            options = options.withWindow(window);
        }
        if (variant != null) {
            options = options.withVariant(variant == AndersonType.I ? Anderson.Variant.TYPE_I : Anderson.Variant.TYPE_II);
        }
        if (mixing != null) {
            options = mixing.equals("gain") ? options.withMixing(Anderson.Mixing.byGain()) : options.withMixing(mixingParameter());
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

    private double mixingParameter() {
        try {
            return Double.parseDouble(mixing);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--mixing " + mixing + " for " + method + "; expected a number"
                    + (method == SolverName.ANDERSON ? " or gain" : ""), e);
        }
    }
}
