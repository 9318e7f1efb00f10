package dev.zstar.reports;

import dev.zstar.benchmarks.study.SolverClock;
import dev.zstar.benchmarks.study.SolverClock.Problem;
import dev.zstar.kernels.tuning.Gains;
import dev.zstar.kernels.tuning.Rounds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Says which forward method is fastest for a dense cell, by shape and contraction, and where the default loses. */
final class TuneSolvers {
    private static final String SUBJECT = "solver";
    private static final String PLAIN = "plain";
    /** A method within this of the fastest is as good. */
    private static final double NEAR = 1.05;
    /** A loss of the default that is worth a sentence. */
    private static final double LOSS = 1.1;

    /** Times the methods in a new JVM. */
    @FunctionalInterface
    interface Clock {
        double[][] time(List<Problem> problems, int round);
    }

    private final List<Problem> problems;
    private final List<List<Gains>> found;

    private TuneSolvers(List<Problem> problems, List<List<Gains>> found) {
        this.problems = problems;
        this.found = found;
    }

    static TuneFinding measure(Rounds rounds, List<Problem> problems, Clock clock) {
        List<List<Gains>> found = rounds.contenders("solvers", 2, problems.size(), SolverClock.METHODS.size() - 1,
                round -> clock.time(problems, round));
        if (found.stream().flatMap(List::stream).noneMatch(Gains::conclusive)) {
            return TuneFinding.unfinished(SUBJECT);
        }
        TuneSolvers solvers = new TuneSolvers(problems, found);
        return new TuneFinding(solvers.table(), solvers.sentences());
    }

    private List<String> table() {
        List<String> lines = new ArrayList<>();
        lines.add("Solves of z = tanh(Wz + Ux + b) to 1e-5 on one thread, time relative to the default, Anderson(10):");
        lines.add("");
        lines.add(String.format(Locale.ROOT, "%8s %6s %13s", "n", "rows", "contraction") + SolverClock.METHODS.stream().skip(1)
                .map(name -> String.format(Locale.ROOT, "%13s", name)).collect(Collectors.joining()));
        for (int i = 0; i < problems.size(); i++) {
            Problem problem = problems.get(i);
            lines.add(String.format(Locale.ROOT, "%8d %6d %13.1f", problem.n(), problem.batch(), problem.contraction())
                    + found.get(i).stream().map(gains -> String.format(Locale.ROOT, "%13s", TuneCommand.shown(1 / gains.median())))
                            .collect(Collectors.joining()));
        }
        return lines;
    }

    private List<Advice.Sentence> sentences() {
        List<Advice.Sentence> sentences = new ArrayList<>();
        boolean loses = false;
        for (int i = 0; i < problems.size(); i++) {
            Map<String, Double> times = times(i);
            double least = times.values().stream().min(Double::compare).orElseThrow();
            List<String> near = times.entrySet().stream().filter(one -> one.getValue() <= NEAR * least).map(Map.Entry::getKey).toList();
            String fastest = times.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow().getKey();
            String text = where(problems.get(i)) + ": " + listed(near) + (near.size() > 1 ? " are within 5% of the fastest"
                    : near.getFirst().equals(PLAIN) ? " are the fastest" : " is the fastest");
            int index = SolverClock.METHODS.indexOf(fastest);
            if (index > 0 && found.get(i).get(index - 1).worthwhile() && LOSS * least < 1) {
                loses = true;
                text += String.format(Locale.ROOT, "; %s %s %.2f of the time of the default", named(fastest),
                        fastest.equals(PLAIN) ? "take" : "takes", least);
            }
            sentences.add(new Advice.Sentence(SUBJECT, text + "."));
        }
        if (!loses) {
            sentences.add(new Advice.Sentence(SUBJECT, "the default loses more than 10% nowhere."));
        }
        return sentences;
    }

    /** The time of each method with enough rounds, relative to the default. */
    private Map<String, Double> times(int problem) {
        Map<String, Double> times = new LinkedHashMap<>();
        times.put(SolverClock.METHODS.getFirst(), 1.0);
        for (int m = 1; m < SolverClock.METHODS.size(); m++) {
            Gains gains = found.get(problem).get(m - 1);
            if (gains.conclusive()) {
                times.put(SolverClock.METHODS.get(m), 1 / gains.median());
            }
        }
        return times;
    }

    private static String where(Problem problem) {
        return String.format(Locale.ROOT, "%d × %d with a contraction of %.1f", problem.n(), problem.batch(), problem.contraction());
    }

    private static String listed(List<String> methods) {
        List<String> names = methods.stream().map(TuneSolvers::named).toList();
        return names.size() == 1 ? names.getFirst()
                : String.join(", ", names.subList(0, names.size() - 1)) + " and " + names.getLast();
    }

    /** The name of a method in a sentence. */
    private static String named(String method) {
        return switch (method) {
            case "default" -> "the default";
            case PLAIN -> "plain steps";
            default -> Character.toUpperCase(method.charAt(0)) + method.substring(1);
        };
    }
}
