package dev.zstar.reports.statistics;

import java.util.OptionalInt;

/**
 * A verdict, and what would decide an open one.
 *
 * @param moreForks for {@link Verdict#UNCLEAR}, about how many more forks of each build would decide; empty if no reasonable number would
 */
public record Judgement(Verdict verdict, OptionalInt moreForks) {
    /** More forks than this are not suggested: the ratio is then so near the floor that a wider or narrower floor decides sooner. */
    static final int MOST = 100;
    /**
     * With fewer forks only a huge difference is judged. Two forks of each build and a noise of 2% would otherwise call 2.5% of all equal
     * builds slower or faster each, and 1% with three forks.
     */
    static final int FEWEST = 3;
    /** A difference that two forks show, in logarithms: 25%. */
    private static final double HUGE = Math.log(1.25);

    /**
     * Judges an effect. A difference needs both a ratio beyond the floor and an interval without 1: the floor keeps out differences that do
     * not matter, the interval those that are noise. Equality needs the whole interval within the floor, a test of equivalence. With fewer
     * than three forks of a build nothing is judged, unless the ratio is above 1.25 or below its inverse.
     *
     * @param floor the smallest relative difference that matters, such as 0.03; more than 0
     */
    public static Judgement of(Effect effect, double floor) {
        double edge = Math.log1p(floor);
        double size = Math.log(effect.ratio());
        double low = Math.log(effect.interval().low());
        double high = Math.log(effect.interval().high());
        double least = effect.forks() < FEWEST ? Math.max(edge, HUGE) : edge;
        if (size >= least && low > 0) {
            return decided(Verdict.SLOWER);
        }
        if (size <= -least && high < 0) {
            return decided(Verdict.FASTER);
        }
        if (low > -edge && high < edge && effect.forks() >= FEWEST) {
            return decided(Verdict.SAME);
        }
        return new Judgement(Verdict.UNCLEAR, moreForks(Math.abs(size), Math.max(size - low, high - size), edge, effect.forks()));
    }

    private static Judgement decided(Verdict verdict) {
        return new Judgement(verdict, OptionalInt.empty());
    }

    /** The half width of an interval falls with the root of the number of forks; it must come down to the distance that decides. */
    private static OptionalInt moreForks(double size, double halfWidth, double edge, int forks) {
        double needed = size >= edge ? size : edge - size;
        double shrink = halfWidth / needed;
        double more = Math.ceil(forks * shrink * shrink) - forks;
        return more <= MOST ? OptionalInt.of((int) Math.max(Math.max(1, FEWEST - forks), more)) : OptionalInt.empty();
    }
}
