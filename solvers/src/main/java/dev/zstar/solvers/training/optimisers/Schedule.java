package dev.zstar.solvers.training.optimisers;

import dev.zstar.solvers.guard.Arguments;

/**
 * The learning rate of each step. Steps are counted from 0. Schedules are functions of the step alone, so training that is resumed needs
 * only its number of steps:
 *
 * <pre>{@code
 * Schedule schedule = Schedule.cosine(1e-3, 1e-5, 10_000).warmUp(500);
 * optimiser.step(parameters, gradients, schedule.rate(optimiser.steps()));
 * }</pre>
 */
@FunctionalInterface
public interface Schedule {
    /** The rate of this step. */
    double rate(long step);

    /** The same rate in every step. */
    static Schedule constant(double rate) {
        require("constant", "the rate", rate);
        return step -> rate;
    }

    /** {@code from + (to - from) s / steps}, then {@code to}. */
    static Schedule linear(double from, double to, long steps) {
        require("linear", "the first rate", from);
        require("linear", "the last rate", to);
        requireSteps("linear", steps);
        return step -> from + (to - from) * Math.min(step, steps) / steps;
    }

    /** {@code to + (from - to) (1 + cos(π s / steps)) / 2}, then {@code to} (Loshchilov, Hutter 2017, without restarts). */
    static Schedule cosine(double from, double to, long steps) {
        require("cosine", "the first rate", from);
        require("cosine", "the last rate", to);
        requireSteps("cosine", steps);
        return step -> to + (from - to) * (1 + Math.cos(Math.PI * Math.min(step, steps) / steps)) / 2;
    }

    /** {@code rate · factor^⌊s / every⌋}. */
    static Schedule stepDecay(double rate, double factor, long every) {
        require("stepDecay", "the rate", rate);
        require("stepDecay", "the factor", factor);
        requireSteps("stepDecay", every);
        return step -> rate * Math.pow(factor, (double) Math.floorDiv(step, every));
    }

    /** First rises for {@code steps} steps, by {@code rate(0) (s + 1) / steps}; then this schedule from its step 0 on. */
    default Schedule warmUp(long steps) {
        requireSteps("warmUp", steps);
        return step -> step < steps ? rate(0) * (step + 1) / steps : rate(step - steps);
    }

    /** The first {@code steps} steps of this schedule; then {@code next} from its step 0 on. */
    default Schedule then(long steps, Schedule next) {
        requireSteps("then", steps);
        Arguments.present("then", "the next schedule", next);
        return step -> step < steps ? rate(step) : next.rate(step - steps);
    }

    /** The rates of this schedule times a factor. */
    default Schedule times(double factor) {
        require("times", "the factor", factor);
        return step -> factor * rate(step);
    }

    private static void require(String operation, String name, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(operation + ": " + name + " is " + value + ", expected a finite number of at least 0");
        }
    }

    private static void requireSteps(String operation, long steps) {
        if (steps < 1) {
            throw new IllegalArgumentException(operation + ": the number of steps is " + steps + ", expected at least 1");
        }
    }
}
