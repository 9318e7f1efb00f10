package dev.zstar.solvers.diagnosis;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.FixedPointMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.guard.Arguments;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.IntFunction;

/**
 * Says in words why a solve was slow or failed: one explanation, of one or more sentences, for each group of rows with the same status and
 * the same cause. The explanations are derived from the {@linkplain Spectrum spectrum} of the Jacobian at the returned states, from the
 * sensitivity of the residual to rounding there, from trial steps, and from the statuses.
 *
 * <p>They hold only near those states: an eigenvalue says how an error there grows or shrinks from step to step.
 */
public final class Diagnosis {
    private final Spectrum spectrum;
    private final List<String> sentences;
    private final List<String> failures;
    private final boolean recommendsDamping;

    private Diagnosis(Spectrum spectrum, List<String> sentences, List<String> failures, boolean recommendsDamping) {
        this.spectrum = spectrum;
        this.sentences = List.copyOf(sentences);
        this.failures = List.copyOf(failures);
        this.recommendsDamping = recommendsDamping;
    }

    /**
     * Explains the last solve of {@code solver}. A damping is recommended only after six trial steps with it have contracted.
     *
     * <p>Evaluates f up to sixty times near the states. The outcome does not count these evaluations, and no budget of the stopping rule
     * limits them. A differentiable map is linearised at the states, so its earlier points of linearisation are lost. Allocates up to 46
     * blocks of {@code batch × n}, and frees them before it returns.
     *
     * <p>If f throws during these evaluations, or memory runs out, that does not replace the outcome: the explanations then say only how
     * the rows ended, and one more sentence names the exception.
     *
     * @param f the map that was solved, with the same input
     * @param states the result of the solve
     * @throws IllegalArgumentException if the shape of the states is not that of the last solve, or that solve did not end
     */
    public static Diagnosis of(FixedPointSolver solver, FixedPointMap f, Block states) {
        Outcome outcome = Arguments.present("diagnosis", "the solver", solver).outcome();
        Arguments.present("diagnosis", "the map", f);
        if (Arguments.present("diagnosis", "the block of states", states).rows() > 0 && outcome.batch() == 0) {
            throw new IllegalArgumentException("diagnosis: this solver has not solved yet, expected a solve first");
        }
        states.requireShape("diagnosis", "the block of states", solver.type(), outcome.batch(), solver.n());
        for (int b = 0; b < states.rows(); b++) {
            if (outcome.status(b) == null) {
                throw new IllegalArgumentException("diagnosis: row " + b + " has no status, expected a solve that ended");
            }
        }
        try {
            Neighbourhood near = new Neighbourhood(solver, f, states);
            return explain(outcome, near.spectrum(), near::cause, new Sentences(solver, near));
        } catch (Throwable e) {
            Diagnosis endings = explain(outcome, Spectrum.unknown(states.rows()), b -> Cause.NONE, new Sentences(solver, null));
            String failed = "The reason is not known, because examining f near the returned states failed: " + e + ".";
            return new Diagnosis(endings.spectrum, with(endings.sentences, failed),
                    endings.failures.isEmpty() ? List.of() : with(endings.failures, failed), false);
        }
    }

    private static List<String> with(List<String> sentences, String last) {
        List<String> all = new ArrayList<>(sentences);
        all.add(last);
        return all;
    }

    private static Diagnosis explain(Outcome outcome, Spectrum spectrum, IntFunction<Cause> causeOf, Sentences words) {
        Map<Status, Map<Cause, List<Integer>>> groups = new EnumMap<>(Status.class);
        for (int b = 0; b < outcome.batch(); b++) {
            groups.computeIfAbsent(outcome.status(b), status -> new LinkedHashMap<>())
                    .computeIfAbsent(causeOf.apply(b), cause -> new ArrayList<>()).add(b);
        }
        List<String> sentences = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        boolean recommendsDamping = false;
        for (var group : groups.entrySet()) {
            for (var rows : group.getValue().entrySet()) {
                String sentence = words.of(group.getKey(), rows.getKey(), rows.getValue());
                sentences.add(sentence);
                if (!group.getKey().isSuccess()) {
                    failures.add(sentence);
                    recommendsDamping |= words.recommendDamping();
                }
            }
        }
        return new Diagnosis(spectrum, sentences, failures, recommendsDamping);
    }

    /**
     * The factor by which an evaluation multiplied the residual, on average over the last third of the trace.
     *
     * @return empty without a trace of at least three evaluations ({@link Stopping#traced}), or if the residual at
     *     either end of that third is 0 or not finite
     */
    public static OptionalDouble observedRate(Outcome outcome) {
        double[] trace = Arguments.present("observedRate", "the outcome", outcome).trace();
        int last = trace.length - 1;
        int from = last - Math.max(1, trace.length / 3);
        if (trace.length < 3 || !(trace[last] > 0 && trace[from] > 0 && trace[last] + trace[from] < Double.POSITIVE_INFINITY)) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(Math.pow(trace[last] / trace[from], 1.0 / (last - from)));
    }

    /** The explanations, one for each group of rows, in the order of {@link Status}. Rows are counted from 0. */
    public List<String> sentences() {
        return sentences;
    }

    /** The {@link #sentences} about rows that failed. */
    public List<String> failures() {
        return failures;
    }

    /** Whether {@link #failures} recommends damped plain steps for some rows: they contracted when they were tried. */
    public boolean recommendsDamping() {
        return recommendsDamping;
    }

    /** The spectrum at the states; no row of it is {@linkplain Spectrum#known known} if examining f failed. */
    public Spectrum spectrum() {
        return spectrum;
    }

    @Override
    public String toString() {
        return String.join(System.lineSeparator(), sentences);
    }
}
