package dev.zstar.reports;

import dev.zstar.benchmarks.study.PageClock;
import dev.zstar.kernels.tuning.Gains;
import dev.zstar.kernels.tuning.Rounds;
import dev.zstar.kernels.tuning.Tuner;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** Compares products whose operands lie in pages of 2 MiB with products in ordinary pages. */
final class TunePages {
    private static final String SUBJECT = "pages";

    /** Times products in a new JVM. */
    @FunctionalInterface
    interface Clock {
        double[] time(Tuner.Cases cases, boolean huge);
    }

    private TunePages() {}

    /** @param unavailable why there is nothing to compare */
    static TuneFinding measure(Rounds rounds, Supplier<Optional<String>> unavailable, Clock clock) {
        Optional<String> reason = unavailable.get();
        if (reason.isPresent()) {
            return TuneFinding.of(SUBJECT, "pages of 2 MiB were not tried: " + reason.get() + ".");
        }
        Gains found = rounds.candidates("pages of 2 MiB", 1, 1, Gains::lost, run -> clock.time(Tuner.Cases.SEARCH, run == 1)).getFirst();
        if (!found.conclusive()) {
            return found.lost() ? TuneFinding.of(SUBJECT, String.format(Locale.ROOT,
                    "keep ordinary ones: in pages of 2 MiB products were %.3f times as fast in a round.", found.worst()))
                    : TuneFinding.unfinished(SUBJECT);
        }
        String speed = String.format(Locale.ROOT, "products were %.3f times as fast in the median of %d rounds", found.median(),
                found.rounds());
        if (!found.worthwhile()) {
            return TuneFinding.of(SUBJECT, String.format(Locale.ROOT,
                    "keep ordinary ones: in pages of 2 MiB %s, and %.3f times in the slowest.", speed, found.worst()));
        }
        Gains check = rounds.candidates("check of pages of 2 MiB", 1, 1, _ -> false, run -> clock.time(Tuner.Cases.HELD_OUT, run == 1))
                .getFirst();
        return TuneFinding.of(SUBJECT, check.objection().isEmpty()
                ? String.format(Locale.ROOT,
                        "set the variable %s where you start Java, so that blocks lie in pages of 2 MiB: %s, and %.3f times on held-out "
                        + "cases. A profile cannot set it.", PageClock.SETTING, speed, check.median())
                : String.format(Locale.ROOT, "keep ordinary ones: in pages of 2 MiB %s, but %s.", speed, check.objection()));
    }
}
