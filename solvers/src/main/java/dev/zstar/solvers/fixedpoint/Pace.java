package dev.zstar.solvers.fixedpoint;

/**
 * When a row of {@link AndersonSteps} combines its iterates, and how many it uses. This follows from the residuals of the row alone, so it
 * has the same bits in any batch.
 *
 * <ul>
 *   <li>A row is <em>fast</em> if its residual falls to less than 0.36 of itself in two evaluations. It uses at most three earlier
 *       iterates: older ones come from farther away, where the map is less like its linear part.
 *   <li>A combination <em>gains little</em> if the residual falls to less than 0.8 of itself in one evaluation, and the combination still
 *       leaves more than 0.4 of it. The row then takes two plain steps before it combines again. Plain steps between combinations are the
 *       alternating Anderson method (Pratapa, Suryanarayana and Pask 2016).
 *   <li>If the row is also fast, it forgets what came before these two steps.
 *   <li>If the map is cheap instead, the row forgets everything and takes five plain steps. It keeps nothing of the first two.
 *   <li>While the residual of a cheap map falls to less than 0.4 of its smallest value in each evaluation, the row takes plain steps and
 *       keeps nothing. The last value would not do: when plain steps run in a cycle, their residual falls again and again.
 * </ul>
 */
final class Pace {
    /** The earlier iterates that a fast row uses. */
    private static final int NARROW = 3;
    /** The plain steps of a row of a cheap map of which nothing is kept. */
    private static final int FREE = 2;
    private static final double STEEP = 0.4 * 0.4;
    private static final double FAST = 0.36 * 0.36;
    private static final double FALLING = 0.8 * 0.8;
    private static final double LITTLE = 0.4 * 0.4;

    private final boolean adaptive;
    private final int capacity;
    /** By row: the residuals in use, and the plain steps that are still to come. */
    private final int[] remembered;
    private final int[] plain;
    /** By row: ‖r‖² of the last two evaluations; 0 before them. */
    private final double[] last;
    private final double[] beforeLast;
    /** By row: its smallest ‖r‖². */
    private final double[] least;
    private boolean fast;
    private boolean falling;

    /**
     * @param adaptive whether the rules above hold. Otherwise a row combines all residuals that it has, in each step
     * @param capacity the most residuals that a row keeps
     */
    Pace(boolean adaptive, int capacity, int batch) {
        this.adaptive = adaptive;
        this.capacity = capacity;
        remembered = new int[batch];
        plain = new int[batch];
        last = new double[batch];
        beforeLast = new double[batch];
        least = new double[batch];
    }

    void begin(int b) {
        remembered[b] = 0;
        plain[b] = 0;
        last[b] = 0;
        beforeLast[b] = 0;
        least[b] = Double.POSITIVE_INFINITY;
    }

    /** By row: the residuals in use, including the newest. With 0 the row has just taken a step of which it keeps nothing. */
    int[] remembered() {
        return remembered;
    }

    /** Row b was evaluated. Returns whether its residual is kept. */
    boolean keeps(int b) {
        if (plain[b] > NARROW) {
            remembered[b] = 0;
            return false;
        }
        remembered[b] = Math.min(remembered[b] + 1, capacity);
        return true;
    }

    /** Row b forgets all but its newest residual. */
    void restart(int b) {
        remembered[b] = Math.min(remembered[b], 1);
        plain[b] = 0;
    }

    /**
     * Whether row b combines its iterates now. Otherwise it takes a plain step.
     *
     * @param square its new ‖r‖²
     * @param cheap whether a combination costs more than an evaluation
     */
    boolean combines(int b, double square, boolean cheap) {
        boolean steep = adaptive && cheap && square < STEEP * least[b] && last[b] > 0;
        fast = adaptive && square < FAST * beforeLast[b];
        falling = adaptive && square < FALLING * last[b];
        beforeLast[b] = last[b];
        last[b] = square;
        least[b] = Math.min(least[b], square);
        if (steep) {
            remembered[b] = 0;
            plain[b] = NARROW + 1;
            return false;
        }
        if (falling && plain[b] > 0) {
            plain[b]--;
            return false;
        }
        plain[b] = 0;
        if (fast) {
            remembered[b] = Math.min(remembered[b], NARROW + 1);
        }
        return remembered[b] > 1;
    }

    /**
     * Row b has combined its iterates, after {@link #combines} returned true for it.
     *
     * @param left ‖Σ α_j r_j‖²
     * @param cheap whether a combination costs more than an evaluation
     */
    void combined(int b, double left, boolean cheap) {
        if (!falling || !(left > LITTLE * last[b])) {
            return;
        }
        if (cheap) {
            remembered[b] = 0;
            plain[b] = FREE + NARROW;
        } else {
            remembered[b] = fast ? 1 : remembered[b];
            plain[b] = NARROW - 1;
        }
    }
}
