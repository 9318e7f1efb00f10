package dev.zstar.solvers.diagnosis;

import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** Says in words how a group of rows ended, and why: rows with one status and one {@link Cause}. */
final class Sentences {
    /** The rows of a group that are named. */
    private static final int NAMED = 3;

    private final FixedPointSolver solver;
    private final Outcome outcome;
    private final Neighbourhood near;

    Sentences(FixedPointSolver solver, Neighbourhood near) {
        this.solver = solver;
        this.near = near;
        outcome = solver.outcome();
    }

    /** What is said of a group. */
    String of(Status status, Cause cause, List<Integer> rows) {
        return ending(status, rows) + reason(status, cause, rows) + ".";
    }

    // ---- how the rows ended

    private String ending(Status status, List<Integer> rows) {
        StringBuilder text = new StringBuilder(names(rows)).append(" ended ").append(status);
        if (status != Status.NONFINITE_INPUT) {
            String evaluations = range(rows, b -> outcome.evaluations(b), "%.0f");
            text.append(" after ").append(evaluations).append(evaluations.equals("1") ? " evaluation" : " evaluations");
            if (rows.stream().allMatch(b -> Double.isFinite(outcome.residual(b)))) {
                text.append(", at a relative residual of ").append(range(rows, b -> outcome.residual(b), "%.2g"));
            }
        }
        return text.toString();
    }

    private String names(List<Integer> rows) {
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
        String others = all ? rows.getLast().toString() : rows.size() - NAMED + " more";
        return text.append(" and ").append(others).append(" of ").append(batch).toString();
    }

    private static String range(List<Integer> rows, ToDoubleFunction<Integer> value, String format) {
        String least = String.format(Locale.ROOT, format, rows.stream().mapToDouble(value).min().orElseThrow());
        String most = String.format(Locale.ROOT, format, rows.stream().mapToDouble(value).max().orElseThrow());
        return least.equals(most) ? least : least + " to " + most;
    }

    // ---- why

    private String reason(Status status, Cause cause, List<Integer> rows) {
        return switch (cause) {
            case NONE -> status == Status.NONFINITE_FUNCTION ? ": the map returned NaN or infinity" : "";
            case START_NOT_FINITE -> ": the start holds " + firstNonfinite(rows.getFirst());
            case MAP_NOT_FINITE -> ": the map returns NaN or infinity at the state that was returned, which is finite";
            case FAR -> "; by the Jacobian there, " + steps() + " contract by a factor of " + number(rate(rows))
                    + " each, but six steps from there changed the residual by a factor of " + range(rows, near::tried, "%.3g")
                    + " each. A solution may not be near";
            case FLOOR -> ". " + solver.type() + " resolves no less there: changes of z in its last bits change the residual by "
                    + range(rows, near::noise, "%.1g") + ". The residual meets a tolerance of " + attained(rows);
            case CONTRACTS -> contracts(status, rows);
            case REVERSES -> grows(status, rows, "change sign and grow") + damping(rows);
            case TURNS -> grows(status, rows, "turn and grow") + damping(rows);
            case GROWS -> grows(status, rows, "grow") + ". The real part of the eigenvalue is not below 1, so no damping makes steps contract. "
                    + others() + " may converge. In a cell, normalising W makes steps contract";
        };
    }

    private String firstNonfinite(int b) {
        int i = 0;
        while (Double.isFinite(near.states().get(b, i))) {
            i++;
        }
        return near.states().get(b, i) + " (row " + b + ", element " + i + ")";
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

    /** Steps contract at these states, and did when they were tried: how fast, and how many more would do. */
    private String contracts(Status status, List<Integer> rows) {
        String factor = " by a factor of " + number(rate(rows)) + " each";
        if (status == Status.NONFINITE_FUNCTION) {
            return ": the map returned NaN or infinity, although near the best iterate " + steps() + " contract" + factor;
        }
        String contract = "; " + steps() + " contract there" + factor;
        if (status.isSuccess()) {
            return contract;
        }
        double needed = 0;
        boolean reachable = true;
        for (int b : rows) {
            // The slower of the two rates, since the Jacobian may change on the way.
            needed = Math.max(needed, more(solver.tolerance(b), outcome.residual(b), Math.max(near.rate(b), near.tried(b))));
            reachable &= solver.tolerance(b) > near.noise(b);
        }
        if (!reachable) {
            return contract + ". But a change of z in its last bits changes the residual by " + range(rows, near::noise, "%.1g")
                    + " there, so " + solver.type() + " may not reach the tolerance";
        }
        if (!(needed > 0 && needed < 1e9)) {
            return contract;
        }
        String about = contract + String.format(Locale.ROOT, ", and about %.0f more would reach the tolerance", needed);
        return switch (status) {
            case MAX_EVALUATIONS, MAX_ITERATIONS, TIME_BUDGET -> about + ": the budget was too small" + observed(rows);
            case CANCELLED -> about;
            default -> about + ", from the best iterate, which was returned";
        };
    }

    /** How many steps at a rate take a residual to a tolerance. */
    private static double more(double tolerance, double residual, double rate) {
        return residual > tolerance && tolerance > 0 ? Math.ceil(Math.log(tolerance / residual) / Math.log(rate)) : 0;
    }

    /** How fast the method itself converged, if there is a trace: that of the slowest row. */
    private String observed(List<Integer> rows) {
        OptionalDouble rate = Diagnosis.observedRate(outcome);
        if (!Double.isNaN(solver.damping()) || rate.isEmpty() || rate.getAsDouble() >= 1) {
            return "";
        }
        double needed = 0;
        for (int b : rows) {
            needed = Math.max(needed, more(solver.tolerance(b), outcome.residual(b), rate.getAsDouble()));
        }
        return needed == 0 ? "" : String.format(
                Locale.ROOT, ". The method's own evaluations reduced the residual by a factor of %.3g each; about %.0f more would suffice",
                rate.getAsDouble(), needed);
    }

    /** What steps do to errors, and the eigenvalue that is the reason. */
    private String grows(Status status, List<Integer> rows, String how) {
        Integer worst = rows.stream().max((x, y) -> Double.compare(near.rate(x), near.rate(y))).orElseThrow();
        boolean hopeless = near.spectrum().largestDamping(worst) == 0;
        Eigenvalue shown = hopeless ? near.spectrum().rightmost(worst) : near.slowest(worst);
        String where = status == Status.NONFINITE_FUNCTION ? ": the map returned NaN or infinity. At the best iterate the Jacobian has"
                : ": the Jacobian there has";
        return where + " an eigenvalue of about " + shown + (rows.size() == 1 ? "" : " (row " + worst + ")") + ", so errors of " + steps()
                + " " + how + " by a factor of " + number(shown.factor(near.damping())) + " each";
    }

    /** The damping that helps all rows, if it does when it is tried. */
    private String damping(List<Integer> rows) {
        double largest = rows.stream().mapToDouble(near.spectrum()::largestDamping).min().orElseThrow();
        double unit = Math.pow(10, Math.floor(Math.log10(largest)) - 1);
        double share = Math.floor(largest / unit) * unit;
        double[] damped = near.tryDamping(share / 2);
        return rows.stream().allMatch(b -> damped[b] < 1)
                ? String.format(Locale.ROOT, ". Steps damped with β below %.2g contract there. In a cell, normalising W also makes steps contract", share)
                : ". In a cell, normalising W makes steps contract";
    }

    /** The methods that do not need f to contract, without the one that failed. */
    private String others() {
        return solver instanceof Anderson ? "Newton-Krylov or Broyden"
                : solver instanceof Broyden ? "Newton-Krylov or Anderson"
                : "Newton-Krylov, Broyden or Anderson";
    }

    private String steps() {
        return near.damping() == 1 ? "plain steps" : "steps with β = " + near.damping();
    }

    private double rate(List<Integer> rows) {
        return rows.stream().mapToDouble(near::rate).max().orElseThrow();
    }

    private static String number(double x) {
        return String.format(Locale.ROOT, "%.3g", x);
    }
}
