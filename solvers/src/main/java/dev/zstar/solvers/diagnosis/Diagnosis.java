package dev.zstar.solvers.diagnosis;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Says in words why a solve was slow or failed: a few sentences for each group of rows that ended alike for the same reason. They follow
 * from the {@linkplain Spectrum spectrum} of the Jacobian at the states that were returned, from what f makes of rounding errors there, and
 * from the statuses.
 *
 * <p>They hold near those states and nowhere else: an eigenvalue says how an error there grows or shrinks from step to step.
 */
public final class Diagnosis {
    private final Spectrum spectrum;
    private final List<String> sentences;
    private final List<String> failures;

    private Diagnosis(Spectrum spectrum, List<String> sentences, List<String> failures) {
        this.spectrum = spectrum;
        this.sentences = List.copyOf(sentences);
        this.failures = List.copyOf(failures);
    }

    /**
     * Explains the last solve of {@code solver}. Evaluates f some sixty times, and linearises a differentiable map at the states. Steps
     * that are recommended were tried: six of them, from the states.
     *
     * @param f the map that was solved, with the same input
     * @param states the result of the solve
     * @throws IllegalArgumentException if the shape of the states is not that of the last solve
     */
    public static Diagnosis of(FixedPointSolver solver, FixedPointMap f, Block states) {
        Outcome outcome = solver.outcome();
        states.requireShape("diagnosis", "the states", solver.type(), outcome.batch(), solver.n());
        for (int b = 0; b < states.rows(); b++) {
            if (outcome.status(b) == null) {
                throw new IllegalArgumentException("diagnosis: row " + b + " has no status; expected a solve that ended");
            }
        }
        Neighbourhood near = new Neighbourhood(solver, f, states);
        Map<Status, Map<Cause, List<Integer>>> groups = new EnumMap<>(Status.class);
        for (int b = 0; b < states.rows(); b++) {
            groups.computeIfAbsent(outcome.status(b), status -> new LinkedHashMap<>())
                    .computeIfAbsent(near.cause(b), cause -> new ArrayList<>()).add(b);
        }
        Sentences words = new Sentences(solver, near);
        List<String> sentences = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        groups.forEach((status, causes) -> causes.forEach((cause, rows) -> {
            String sentence = words.of(status, cause, rows);
            sentences.add(sentence);
            if (!status.isSuccess()) {
                failures.add(sentence);
            }
        }));
        return new Diagnosis(near.spectrum(), sentences, failures);
    }

    /**
     * The factor by which an evaluation multiplied the residual, on average over the last third of the trace.
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

    /** What is said, group by group, in the order of {@link Status}. */
    public List<String> sentences() {
        return sentences;
    }

    /** Those of {@link #sentences} that are about rows which failed. */
    public List<String> failures() {
        return failures;
    }

    /** The spectrum at the states. */
    public Spectrum spectrum() {
        return spectrum;
    }

    @Override
    public String toString() {
        return String.join(System.lineSeparator(), sentences);
    }
}
