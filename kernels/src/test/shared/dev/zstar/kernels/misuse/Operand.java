package dev.zstar.kernels.misuse;

import dev.zstar.kernels.Block;
import java.util.ArrayList;
import java.util.List;

/** An operand of a right call, and all that may be wrong with it. */
final class Operand {
    final String name;
    /** What the right call gets. */
    final Object right;
    /** What else may stand for it. */
    final List<Wrong> wrongs = new ArrayList<>();
    /** What messages call it. */
    final String said;

    /**
     * A value that the call must refuse.
     *
     * @param what for failures of the test
     * @param said the message must contain one of these words; empty if any operand's name will do, as when two shapes disagree
     */
    record Wrong(String what, Object value, List<String> said) {}

    Operand(String name, Object right, String said) {
        this.name = name;
        this.right = right;
        this.said = said;
    }

    Operand wrong(String what, Object value, String... words) {
        wrongs.add(new Wrong(what, value, words.length == 0 ? List.of(said) : List.of(words)));
        return this;
    }

    /** One that disagrees with the other operands: the message may name any of them. */
    Operand mismatch(String what, Object value) {
        wrongs.add(new Wrong(what, value, List.of()));
        return this;
    }

    Operand notNull() {
        return wrong("null", null);
    }

    Operand without(String... what) {
        wrongs.removeIf(wrong -> List.of(what).contains(wrong.what()));
        return this;
    }

    Block block() {
        return (Block) right;
    }
}
