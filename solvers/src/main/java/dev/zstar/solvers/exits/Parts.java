package dev.zstar.solvers.exits;

import dev.zstar.solvers.guard.Arguments;

/** The rules of a combination. */
final class Parts {
    private final ExitRule[] rules;

    Parts(String combination, ExitRule... rules) {
        this.rules = Arguments.present(combination, "the array of rules", rules).clone();
        Arguments.atLeast(combination, "the number of rules", rules.length, 1);
        for (int i = 0; i < rules.length; i++) {
            Arguments.present(combination, "rule " + i, this.rules[i]);
        }
    }

    ExitRule[] rules() {
        return rules;
    }

    void begin(int b) {
        for (ExitRule rule : rules) {
            rule.begin(b);
        }
    }

    long bytes() {
        long sum = 0;
        for (ExitRule rule : rules) {
            sum += rule.bytes();
        }
        return sum;
    }

    void close() {
        for (ExitRule rule : rules) {
            rule.close();
        }
    }
}
