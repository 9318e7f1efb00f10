package dev.zstar.solvers.diagnosis;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/**
 * Why a solve was slow, or failed, in words: one sentence for each group of rows that ended alike for the same reason, drawn from the
 * {@linkplain Spectrum spectrum} of the Jacobian at the states that were returned, from what f makes of rounding errors there, and from the
 * statuses.
 *
 * <p>It speaks of the neighbourhood of those states, and of nothing else: an eigenvalue tells how an error there grows or shrinks from step
 * to step.
 */
public final class Diagnosis {
    /** A residual within this multiple of what rounding makes of it is as small as it gets. */
    private static final double FLOOR = 4;
    /** Trials of what rounding makes of the residual. */
    private static final int TRIALS = 3;
    /** The share of the contraction that the spectrum promises which steps must show. */
    private static final double KEPT = 0.25;
    /** Rows of a group that are named. */
    private static final int NAMED = 3;

    /** What is known of the neighbourhood of a state. */
    private enum Cause {
        NONE,
        START_NOT_FINITE,
        MAP_NOT_FINITE,
        /** The spectrum says that steps contract, and steps do not. */
        FAR,
        /** The residual is rounding. */
        FLOOR,
        /** Steps contract. */
        CONTRACTS,
        /** Steps grow, and change sign each time; damping helps. */
        REVERSES,
        /** Steps grow, and turn; damping helps. */
        TURNS,
        /** Steps grow, and no damping helps. */
        GROWS
    }

    private final FixedPointSolver solver;
    private final Outcome outcome;
    private final Block states;
    private final Spectrum spectrum;
    private final double[] noise;
    /** Whether f is finite at each state; and by what steps from there did multiply the residual. */
    private final boolean[] finite;
    private final double[] tried;
    private final FixedPointMap f;
    private final double β;
    private final List<String> sentences;
    private final List<String> failures;

    private Diagnosis(FixedPointSolver solver, FixedPointMap f, Block states) {
        this.solver = solver;
        this.states = states;
        this.f = f;
        finite = new boolean[states.rows()];
        outcome = solver.outcome();
        β = Double.isNaN(solver.damping()) ? 1 : solver.damping();
        spectrum = Spectrum.at(solver.engine(), f, states);
        noise = noise(solver.engine(), f, states);
        tried = TrialSteps.rates(solver.engine(), f, states, β);
        Map<Status, Map<Cause, List<Integer>>> groups = new EnumMap<>(Status.class);
        for (int b = 0; b < outcome.batch(); b++) {
            groups.computeIfAbsent(outcome.status(b), status -> new LinkedHashMap<>())
                    .computeIfAbsent(cause(b), cause -> new ArrayList<>()).add(b);
        }
        List<String> written = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        groups.forEach((status, causes) -> causes.forEach((cause, rows) -> {
            String sentence = head(status, rows) + reason(status, cause, rows) + ".";
            written.add(sentence);
            if (!status.isSuccess()) {
                failed.add(sentence);
            }
        }));
        sentences = List.copyOf(written);
        failures = List.copyOf(failed);
    }

    /**
     * Explains the last solve of {@code solver}. Evaluates f some sixty times, and linearises a differentiable map at the states. What it
     * says of the steps that would help was tried, with six steps from the states.
     *
     * @param f the map that was solved, with what was injected then
     * @param states what the solve left
     * @throws IllegalArgumentException if the shape of the states is not that of the last solve
     */
    public static Diagnosis of(FixedPointSolver solver, FixedPointMap f, Block states) {
        states.requireShape("diagnosis", "the states", solver.type(), solver.outcome().batch(), solver.n());
        for (int b = 0; b < states.rows(); b++) {
            if (solver.outcome().status(b) == null) {
                throw new IllegalArgumentException("diagnosis: row " + b + " has no status; expected a solve that ended");
            }
        }
        return new Diagnosis(solver, f, states);
    }

    /**
     * The rate at which the residual fell at last: by what an evaluation multiplied it over the last third of the trace, on average.
     *
     * @return empty without a trace of three evaluations ({@link Stopping#traced}), or where a residual is 0 or not finite
     */
    public static OptionalDouble observedRate(Outcome outcome) {
        double[] trace = outcome.trace();
        int last = trace.length - 1;
        int from = last - Math.max(1, trace.length / 3);
        if (trace.length < 3 || !(trace[last] > 0 && trace[from] > 0 && trace[last] + trace[from] < Double.POSITIVE_INFINITY)) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(Math.pow(trace[last] / trace[from], 1.0 / (last - from)));
    }

    /** The sentences, in the order of {@link Status}. */
    public List<String> sentences() {
        return sentences;
    }

    /** Those of {@link #sentences} that are about rows which failed. */
    public List<String> failures() {
        return failures;
    }

    /** What they were drawn from. */
    public Spectrum spectrum() {
        return spectrum;
    }

    @Override
    public String toString() {
        return String.join(System.lineSeparator(), sentences);
    }

    // ---- what happened to a row

    private Cause cause(int b) {
        Status status = outcome.status(b);
        if (status == Status.NONFINITE_INPUT && nonfinite(states, b) >= 0) {
            return Cause.START_NOT_FINITE;
        }
        if (!spectrum.known(b)) {
            return finite[b] ? Cause.NONE : Cause.MAP_NOT_FINITE;
        }
        if (!status.isSuccess() && outcome.residual(b) <= FLOOR * noise[b]) {
            return Cause.FLOOR;
        }
        if (spectrum.rate(b, β) < 1) {
            return status.isSuccess() || tried[b] < 1 - KEPT * (1 - spectrum.rate(b, β)) ? Cause.CONTRACTS : Cause.FAR;
        }
        if (spectrum.largestDamping(b) == 0) {
            return Cause.GROWS;
        }
        return slowest(b).turns() ? Cause.TURNS : Cause.REVERSES;
    }

    /** The eigenvalue in whose direction steps grow most. */
    private Eigenvalue slowest(int b) {
        return spectrum.eigenvalues(b).stream().max((x, y) -> Double.compare(x.factor(β), y.factor(β))).orElseThrow();
    }

    private static int nonfinite(Block block, int b) {
        for (int i = 0; i < block.cols(); i++) {
            if (!Double.isFinite(block.get(b, i))) {
                return i;
            }
        }
        return -1;
    }

    /** By how much the relative residual of each row changes when every element of z changes in its last bit or two. */
    private double[] noise(Engine engine, FixedPointMap f, Block z) {
        Type type = z.type();
        Rows rows = new Rows(z.rows());
        Random random = new Random(1);
        double[] largest = new double[z.rows()];
        try (Block value = engine.allocate(type, z.rows(), z.cols());
                Block beside = engine.allocate(type, z.rows(), z.cols());
                Block moved = engine.allocate(type, z.rows(), z.cols())) {
            f.apply(z, value, rows);
            for (int b = 0; b < z.rows(); b++) {
                finite[b] = nonfinite(value, b) < 0;
            }
            for (int trial = 0; trial < TRIALS; trial++) {
                double[] signs = random.doubles(z.cols(), -1, 1).toArray();
                for (int b = 0; b < z.rows(); b++) {
                    for (int i = 0; i < z.cols(); i++) {
                        beside.set(b, i, z.get(b, i) * (1 + Math.copySign(2 * type.unitRoundoff(), signs[i])));
                    }
                }
                f.apply(beside, moved, rows);
                for (int b = 0; b < z.rows(); b++) {
                    double change = 0;
                    double size = 0;
                    for (int i = 0; i < z.cols(); i++) {
                        double difference = moved.get(b, i) - value.get(b, i) - (beside.get(b, i) - z.get(b, i));
                        change += difference * difference;
                        size += value.get(b, i) * value.get(b, i);
                    }
                    largest[b] = Math.max(largest[b], solver.relative(b, Math.sqrt(change), Math.sqrt(size)));
                }
            }
        }
        return largest;
    }

    // ---- in words

    private String head(Status status, List<Integer> rows) {
        StringBuilder text = new StringBuilder(named(rows)).append(" ended ").append(status);
        if (status != Status.NONFINITE_INPUT) {
            String evaluations = range(rows, b -> outcome.evaluations(b), "%.0f");
            text.append(" after ").append(evaluations).append(evaluations.equals("1") ? " evaluation" : " evaluations");
            if (rows.stream().allMatch(b -> Double.isFinite(outcome.residual(b)))) {
                text.append(", at a relative residual of ").append(range(rows, b -> outcome.residual(b), "%.2g"));
            }
        }
        return text.toString();
    }

    private String named(List<Integer> rows) {
        int batch = outcome.batch();
        if (rows.size() == 1) {
            return batch == 1 ? "The row" : "Row " + rows.getFirst() + " of " + batch;
        }
        if (rows.size() == batch) {
            return "All " + batch + " rows";
        }
        StringBuilder text = new StringBuilder("Rows ");
        boolean all = rows.size() <= NAMED + 1;
        int shown = all ? rows.size() - 1 : NAMED;
        for (int i = 0; i < shown; i++) {
            text.append(i == 0 ? "" : ", ").append(rows.get(i));
        }
        return text.append(" and ").append(all ? rows.getLast().toString() : rows.size() - NAMED + " more").append(" of ").append(batch).toString();
    }

    private static String range(List<Integer> rows, ToDoubleFunction<Integer> value, String format) {
        String least = String.format(Locale.ROOT, format, rows.stream().mapToDouble(value).min().orElseThrow());
        String most = String.format(Locale.ROOT, format, rows.stream().mapToDouble(value).max().orElseThrow());
        return least.equals(most) ? least : least + " to " + most;
    }

    private String reason(Status status, Cause cause, List<Integer> rows) {
        return switch (cause) {
            case NONE -> status == Status.NONFINITE_FUNCTION ? ": there the map returned NaN or infinity" : "";
            case START_NOT_FINITE -> {
                int element = nonfinite(states, rows.getFirst());
                yield ": the start holds " + states.get(rows.getFirst(), element) + " (row " + rows.getFirst() + ", element " + element + ")";
            }
            case MAP_NOT_FINITE -> ": the map returns NaN or infinity at the state that was returned, which is finite";
            case FAR -> "; the Jacobian there says that " + steps() + " contract by a factor of " + number(rate(rows)) + " each, but six steps from there changed "
                    + "the residual by a factor of " + range(rows, b -> tried[b], "%.3g") + " each: a solution may not be near";
            case FLOOR -> ": " + solver.type() + " resolves no less there, since changes of z in its last bits change the residual by "
                    + range(rows, b -> noise[b], "%.1g") + "; a tolerance of " + attained(rows) + " was met";
            case CONTRACTS -> contracts(status, rows);
            case REVERSES -> grows(status, rows, "change sign and grow") + damping(rows);
            case TURNS -> grows(status, rows, "turn and grow") + damping(rows);
            case GROWS -> grows(status, rows, "grow") + "; its real part is not below 1, so no damping makes steps contract; "
                    + others()
                    + " may converge, or make the map contract (in a cell, normalise W)";
        };
    }

    /** The worst residual of the rows, rounded up, so that it is a tolerance that they met. */
    private String attained(List<Integer> rows) {
        double worst = rows.stream().mapToDouble(outcome::residual).max().orElseThrow();
        if (worst == 0) {
            return "0";
        }
        double unit = Math.pow(10, Math.floor(Math.log10(worst)) - 1);
        return String.format(Locale.ROOT, "%.1e", Math.ceil(worst / unit) * unit);
    }

    /** What steps do to errors, and the eigenvalue that is why. */
    private String grows(Status status, List<Integer> rows, String how) {
        Integer worst = worst(rows);
        boolean hopeless = spectrum.largestDamping(worst) == 0;
        Eigenvalue shown = hopeless ? spectrum.rightmost(worst) : slowest(worst);
        String where = status == Status.NONFINITE_FUNCTION ? ": there the map returned NaN or infinity; at the best iterate the Jacobian has"
                : ": the Jacobian there has";
        return where + " an eigenvalue of about " + shown + (rows.size() == 1 ? "" : " (row " + worst + ")")
                + ", so that errors of " + steps() + " " + how
                + String.format(Locale.ROOT, " by a factor of %.3g each", shown.factor(β));
    }

    /** Methods that do not need f to contract, but for the one that was tried. */
    private String others() {
        return solver instanceof Anderson ? "Newton-Krylov or Broyden"
                : solver instanceof Broyden ? "Newton-Krylov or Anderson"
                : "Newton-Krylov, Broyden or Anderson";
    }

    private String steps() {
        return β == 1 ? "plain steps" : "steps with β = " + β;
    }

    private Integer worst(List<Integer> rows) {
        return rows.stream().max((x, y) -> Double.compare(spectrum.rate(x, β), spectrum.rate(y, β))).orElseThrow();
    }

    private String damping(List<Integer> rows) {
        double largest = rows.stream().mapToDouble(spectrum::largestDamping).min().orElseThrow();
        double unit = Math.pow(10, Math.floor(Math.log10(largest)) - 1);
        double share = Math.floor(largest / unit) * unit;
        double[] damped = TrialSteps.rates(solver.engine(), f, states, share / 2);
        boolean kept = rows.stream().allMatch(b -> damped[b] < 1);
        return (kept ? String.format(Locale.ROOT, "; steps damped with β below %.2g contract there", share) : "") + (kept ? ", or " : "; ")
                + "normalise W in a cell";
    }

    private double rate(List<Integer> rows) {
        return rows.stream().mapToDouble(b -> spectrum.rate(b, β)).max().orElseThrow();
    }

    private static String number(double x) {
        return String.format(Locale.ROOT, "%.3g", x);
    }

    /** Steps contract at these states, and did when they were tried: how fast, and how many more would do. */
    private String contracts(Status status, List<Integer> rows) {
        String contract = steps() + " contract there by a factor of " + number(rate(rows)) + " each";
        if (status == Status.NONFINITE_FUNCTION) {
            return ": there the map returned NaN or infinity, though near the best iterate " + contract.replace(" there", "");
        }
        if (status.isSuccess()) {
            return "; " + contract;
        }
        double needed = 0;
        boolean reachable = true;
        for (int b : rows) {
            // Of the two rates the slower one, as where the Jacobian changes on the way.
            needed = Math.max(needed, more(solver.tolerance(b), outcome.residual(b), Math.max(spectrum.rate(b, β), tried[b])));
            reachable &= solver.tolerance(b) > noise[b];
        }
        if (!reachable) {
            return "; " + contract + ", but a change of z in its last bits changes the residual by " + range(rows, b -> noise[b], "%.1g") + " there, so "
                    + solver.type() + " may not reach the tolerance";
        }
        if (!(needed > 0 && needed < 1e9)) {
            return "; " + contract;
        }
        String about = "; " + contract + String.format(Locale.ROOT, ", and about %.0f more would reach the tolerance", needed);
        return switch (status) {
            case MAX_EVALUATIONS, MAX_ITERATIONS, TIME_BUDGET -> about + ": the budget was too small" + observed(rows);
            case CANCELLED -> about;
            default -> about + ", from the best iterate, which was returned";
        };
    }

    /** Steps at a rate from a residual to a tolerance. */
    private static double more(double tolerance, double residual, double rate) {
        return residual > tolerance && tolerance > 0 ? Math.ceil(Math.log(tolerance / residual) / Math.log(rate)) : 0;
    }

    /** How fast the method itself came along, where a trace tells: of the slowest row, since that is what a trace has. */
    private String observed(List<Integer> rows) {
        OptionalDouble rate = observedRate(outcome);
        if (!Double.isNaN(solver.damping()) || rate.isEmpty() || rate.getAsDouble() >= 1) {
            return "";
        }
        double needed = 0;
        for (int b : rows) {
            needed = Math.max(needed, more(solver.tolerance(b), outcome.residual(b), rate.getAsDouble()));
        }
        return needed == 0 ? "" : String.format(
                Locale.ROOT, "; its own evaluations took the residual down by a factor of %.3g each, at which about %.0f more would do",
                rate.getAsDouble(), needed);
    }
}
