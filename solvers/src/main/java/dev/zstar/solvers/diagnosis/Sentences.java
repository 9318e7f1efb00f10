package dev.zstar.solvers.diagnosis;

import dev.zstar.kernels.Type;
import dev.zstar.solvers.EquilibriumMap;
import dev.zstar.solvers.Outcome;
import dev.zstar.solvers.Status;
import dev.zstar.solvers.fixedpoint.Anderson;
import dev.zstar.solvers.fixedpoint.Broyden;
import dev.zstar.solvers.fixedpoint.FixedPointSolver;
import dev.zstar.solvers.fixedpoint.NewtonKrylov;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** Says in words how a group of rows ended, and why. The rows of a group have the same status and the same {@link Cause}. */
final class Sentences {
    /** How many rows of a group are named. */
    private static final int NAMED = 3;

    private final FixedPointSolver solver;
    private final Outcome outcome;
    /** Null if it could not be examined. */
    private final Neighbourhood near;
    private boolean recommendDamping;

    Sentences(FixedPointSolver solver, Neighbourhood near) {
        this.solver = solver;
        this.near = near;
        outcome = solver.outcome();
    }

    /** Whether the sentences last returned recommend damped plain steps. */
    boolean recommendDamping() {
        return recommendDamping;
    }

    /** Whether a row with this status met no tolerance, so that its user may ask why. */
    static boolean asksWhy(Status status) {
        return !status.isSuccess() || status == Status.COMPLETED_FIXED_STEPS || status == Status.STOPPED_BY_OBSERVER;
    }

    /** The sentences about a group. */
    String of(Status status, Cause cause, List<Integer> rows) {
        recommendDamping = false;
        List<String> sentences = new ArrayList<>();
        sentences.add(ending(status, rows));
        if (status == Status.NONFINITE_FUNCTION && cause != Cause.MAP_NOT_FINITE) {
            sentences.add("The map returned NaN or infinity");
        }
        explain(status, cause, rows, sentences);
        return String.join(". ", sentences) + ".";
    }

    // ---- how the rows ended

    private String ending(Status status, List<Integer> rows) {
        StringBuilder text = new StringBuilder(names(rows)).append(" ended with ").append(status);
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
            return batch == 2 ? "Both rows" : "All " + batch + " rows";
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

    private void explain(Status status, Cause cause, List<Integer> rows, List<String> to) {
        boolean advise = asksWhy(status);
        String there = status == Status.NONFINITE_FUNCTION ? "at the returned state" : "there";
        switch (cause) {
            case NONE -> {}
            case START_NOT_FINITE -> to.add("The start holds " + firstNonfinite(rows.getFirst()));
            case MAP_NOT_FINITE -> to.add("The map returns NaN or infinity at the returned state, which is finite");
            case FAR, FAR_NOT_FINITE -> {
                to.add("By the Jacobian " + there + ", each " + step() + " multiplies the error by about " + rate(rows)
                        + ", but six trial steps " + (cause == Cause.FAR_NOT_FINITE ? "led to NaN or infinity"
                        : "multiplied the residual by " + range(rows, near::tried, "%.3g") + " each, on average"));
                to.add("There may be no solution near " + (rows.size() == 1 ? "this state" : "these states"));
            }
            case FLOOR -> floor(rows, to);
            case JUMPS -> to.add(jumps(rows));
            case CONTRACTS -> contracts(status, rows, there, to);
            case SINGULAR -> {
                int worst = rows.stream().min((x, y) -> Double.compare(toOne(x), toOne(y))).orElseThrow();
                to.add(eigenvalue(there, near.nearestToOne(worst), rows, worst)
                        + ", so f(z) - z hardly changes when z moves in its direction");
                if (advise) {
                    to.add("There may be no solution");
                    to.add("Damping does not help");
                    to.add(others());
                    weights(to);
                }
            }
            case REVERSES, TURNS -> {
                grows(there, rows, to);
                if (advise) {
                    damping(rows, to);
                }
            }
            case GROWS -> {
                grows(there, rows, to);
                if (advise) {
                    to.add("Its real part is at least 1, so damping does not help");
                    to.add(others());
                    weights(to);
                }
            }
        }
    }

    private double toOne(int b) {
        Eigenvalue λ = near.nearestToOne(b);
        return Math.hypot(1 - λ.re(), λ.im());
    }

    private String firstNonfinite(int b) {
        int i = 0;
        while (Double.isFinite(near.states().get(b, i))) {
            i++;
        }
        return near.states().get(b, i) + " in " + (outcome.batch() == 1 ? "" : "row " + b + ", ") + "element " + i + ", counted from 0";
    }

    /** The change is too large for rounding. */
    private String jumps(List<Integer> rows) {
        return "Changing z in its last bits changes the relative residual there by about " + range(rows, near::noise, "%.1g")
                + ", so f may jump or be very steep there, or may not be a function of z alone";
    }

    /** The residual is as small as the type allows. */
    private void floor(List<Integer> rows, List<String> to) {
        to.add("This is the rounding level of " + solver.type() + ": changing z in its last bits changes the relative residual by about "
                + range(rows, near::noise, "%.1g"));
        // The worst residual of the rows, rounded up, so that it is a tolerance that they met.
        double worst = rows.stream().mapToDouble(outcome::residual).max().orElseThrow();
        double unit = Math.pow(10, Math.floor(Math.log10(worst)) - 1);
        to.add(String.format(Locale.ROOT, "A tolerance of %.1e was reached", Math.ceil(worst / unit) * unit));
        if (rows.stream().allMatch(b -> solver.tolerance(b) > 0 && solver.tolerance(b) < outcome.residual(b))) {
            to.add("Ask for no smaller one" + (solver.type() == Type.F32 ? ", or solve on blocks of f64" : ""));
        }
    }

    /** Steps contract at these states, and did when they were tried: how fast, and how many more would do. */
    private void contracts(Status status, List<Integer> rows, String there, List<String> to) {
        to.add("Each " + step() + " " + there + " multiplies the error by about " + rate(rows) + (rows.size() == 1 ? "" : " or less"));
        if (status.isSuccess() || status == Status.NONFINITE_FUNCTION) {
            return;
        }
        double needed = 0;
        boolean reachable = true;
        double noise = 0;
        for (int b : rows) {
            // The slower of the two rates, since the Jacobian may change on the way.
            needed = Math.max(needed, more(solver.tolerance(b), outcome.residual(b), Math.max(near.rate(b), near.tried(b))));
            reachable &= solver.tolerance(b) == 0 || !(solver.tolerance(b) <= near.noise(b));
            noise = Math.max(noise, near.noise(b));
        }
        if (!reachable && noise > Neighbourhood.ROUNDING) {
            if (noise < Double.POSITIVE_INFINITY) {
                to.add(jumps(rows));
            }
        } else if (!reachable) {
            to.add("But changing z in its last bits changes the relative residual by about " + range(rows, near::noise, "%.1g") + ", so "
                    + solver.type() + " may not reach the tolerance");
        } else if (needed > 0 && needed < 1e9) {
            String more = String.format(Locale.ROOT, "bout %.0f more %s would reach the tolerance", needed,
                    needed == 1 ? step() : step().replace("step", "steps"));
            switch (status) {
                case MAX_EVALUATIONS, MAX_ITERATIONS, TIME_BUDGET -> {
                    to.add("The budget was too small: a" + more);
                    observed(rows, to);
                }
                default -> to.add("A" + more);
            }
        }
    }

    /** How many steps at a rate take a residual to a tolerance. */
    private static double more(double tolerance, double residual, double rate) {
        return residual > tolerance && tolerance > 0 ? Math.ceil(Math.log(tolerance / residual) / Math.log(rate)) : 0;
    }

    /** How fast the method itself converged, if there is a trace: that of the slowest row. */
    private void observed(List<Integer> rows, List<String> to) {
        OptionalDouble rate = Diagnosis.observedRate(outcome);
        if (!Double.isNaN(solver.damping()) || rate.isEmpty() || rate.getAsDouble() >= 1) {
            return;
        }
        double needed = 0;
        for (int b : rows) {
            needed = Math.max(needed, more(solver.tolerance(b), outcome.residual(b), rate.getAsDouble()));
        }
        if (needed > 0) {
            to.add(String.format(Locale.ROOT, "The last evaluations of the method multiplied the largest residual by %s each, on average; "
                    + "at this rate about %.0f more would suffice", factor(rate.getAsDouble()), needed));
        }
    }

    private String eigenvalue(String there, Eigenvalue λ, List<Integer> rows, int worst) {
        return "The Jacobian " + there + " has an eigenvalue of about " + λ + (rows.size() == 1 ? "" : " (row " + worst + ")");
    }

    /** What steps do to errors, and the eigenvalue that is the reason. */
    private void grows(String there, List<Integer> rows, List<String> to) {
        int worst = rows.stream().max((x, y) -> Double.compare(near.rate(x), near.rate(y))).orElseThrow();
        boolean hopeless = near.spectrum().largestDamping(worst) == 0;
        Eigenvalue λ = hopeless ? near.spectrum().rightmost(worst) : near.slowest(worst);
        double size = λ.factor(near.damping());
        boolean neutral = Math.abs(size - 1) <= Neighbourhood.NEUTRAL;
        boolean reverses = 1 - near.damping() * (1 - λ.re()) < 0;
        String how = λ.turns() ? "rotates an error in its plane" : reverses ? "reverses an error in its direction" : null;
        String does = how == null ? neutral ? "hardly changes an error in its direction"
                : "multiplies an error in its direction by about " + factor(size)
                : how + (neutral ? " and hardly changes its size" : " and multiplies its size by about " + factor(size));
        to.add(eigenvalue(there, λ, rows, worst) + ", so each " + step() + " " + does);
    }

    /** The damping that helps all rows, if it does when it is tried. */
    private void damping(List<Integer> rows, List<String> to) {
        double largest = rows.stream().mapToDouble(near.spectrum()::largestDamping).min().orElseThrow();
        double unit = Math.pow(10, Math.floor(Math.log10(largest)) - 1);
        double share = Math.min(1, Math.floor(largest / unit) * unit);
        double[] damped = near.tryDamping(share / 2);
        recommendDamping = rows.stream().allMatch(b -> damped[b] < 1);
        if (recommendDamping) {
            to.add(String.format(Locale.ROOT, "Damped plain steps, z + β (f(z) - z), contract there for β below %.2g", share));
        } else {
            to.add(others());
        }
        weights(to);
    }

    /** What helps a map with weights, whatever its Jacobian is now. */
    private void weights(List<String> to) {
        if (near.map() instanceof EquilibriumMap<?> || near.map().derivatives() instanceof EquilibriumMap<?>) {
            to.add("Plain steps contract everywhere if the weights give f a Lipschitz constant below 1");
            to.add("On blocks, SpectralNormalisation scales the weights so");
        }
    }

    /** The methods that do not need f to contract, without the one that failed. */
    private String others() {
        String names = solver instanceof Anderson ? "Newton-Krylov or Broyden"
                : solver instanceof Broyden ? "Newton-Krylov or Anderson"
                : solver instanceof NewtonKrylov ? "Broyden or Anderson"
                : "Newton-Krylov, Broyden or Anderson";
        return names + " may converge, if there is a solution";
    }

    private String step() {
        return near.damping() == 1 ? "plain step" : "step with β = " + near.damping();
    }

    private String rate(List<Integer> rows) {
        return factor(rows.stream().mapToDouble(near::rate).max().orElseThrow());
    }

    /** Three digits, or as many as tell the number from 1. */
    private static String factor(double x) {
        double distance = Math.abs(1 - x);
        if (distance > Neighbourhood.NEUTRAL) {
            return String.format(Locale.ROOT, "%.3g", x);
        }
        return distance == 0 ? "1" : String.format(Locale.ROOT, "%." + Math.min(15, (int) Math.ceil(-Math.log10(distance)) + 1) + "f", x);
    }
}
