package dev.zstar;

import dev.zstar.solvers.Status;
import dev.zstar.solvers.diagnosis.Diagnosis;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import dev.zstar.solvers.guard.Plural;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/** Words about rows that failed. */
final class Endings {
    /** How many rows are named. */
    private static final int NAMED = 3;

    private Endings() {}

    /** {@code MAX_EVALUATIONS (its budget of evaluations was spent)}. */
    static String of(Status status) {
        String words = switch (status) {
            case MAX_EVALUATIONS -> "its budget of evaluations was spent";
            case MAX_ITERATIONS -> "its budget of steps was spent";
            case TIME_BUDGET -> "its time was spent";
            case STOPPED_BY_OBSERVER -> "an observer ended it";
            case CANCELLED -> "it was cancelled";
            case STAGNATED -> "the residual stopped falling";
            case DIVERGED -> "the residual grew more than a millionfold";
            case NONFINITE_INPUT -> "its input holds NaN or infinity";
            case NONFINITE_FUNCTION -> "f returned NaN or infinity";
            case NONFINITE_OPERATOR -> "a product with Jᵀ was NaN, infinite or too large";
            case OUT_OF_RANGE -> "a number left the range of the type";
            case BREAKDOWN -> "the method could not go on";
            case RESIDUAL_MISMATCH -> "the true residual does not confirm the convergence that the method claimed";
            case LINE_SEARCH_FAILED -> "no step lowered the residual enough";
            case INNER_FAILED -> "the linear solve within a step failed";
            default -> null;
        };
        return words == null ? status.toString() : status + " (" + words + ")";
    }

    /**
     * What a user of the entry points on arrays writes to take another method than the one that failed.
     *
     * @param diagnosis damped steps are named only if it recommends them
     */
    static String otherMethods(FixedPointSolver failed, Diagnosis diagnosis) {
        List<String> calls = new ArrayList<>();
        if (diagnosis.recommendsDamping()) {
            calls.add("damped(β)");
        }
        if (!(failed instanceof Broyden)) {
            calls.add("BROYDEN");
        }
        if (!(failed instanceof NewtonKrylov)) {
            calls.add("NEWTON_KRYLOV");
        }
        if (!(failed instanceof Anderson)) {
            calls.add("ANDERSON");
        }
        calls.replaceAll(call -> ".method(ForwardMethod." + call + ")");
        String last = calls.removeLast();
        return "To try another method, call " + String.join(", ", calls) + " or " + last + ".";
    }

    /** What is said of each row, for the first three; and how many more there are. */
    static String list(List<Integer> rows, IntFunction<String> each) {
        int shown = Math.min(rows.size(), NAMED);
        String text = rows.stream().limit(shown).map(each::apply).collect(Collectors.joining(". "));
        int more = rows.size() - shown;
        return more == 0 ? text : text + ". " + Plural.of(more, "more row") + " failed";
    }

    /** {@code , at a relative residual of 1.0e-03}, unless it is not finite. */
    static String at(double residual) {
        return Double.isFinite(residual) ? String.format(Locale.ROOT, ", at a relative residual of %.1e", residual) : "";
    }

    /** {@code 1 of 4 rows was not solved}, {@code 2 of 4 rows were not solved}, or {@code The row was not solved} of a batch of one. */
    static String count(int failed, int rows, String one, String many) {
        return rows == 1 ? "The row " + one : failed + " of " + rows + " rows " + (failed == 1 ? one : many);
    }
}
