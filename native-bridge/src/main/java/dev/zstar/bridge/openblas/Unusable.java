package dev.zstar.bridge.openblas;

/** Why one place did not yield a library: the end of a sentence that starts with the place. */
final class Unusable extends Exception {
    private static final long serialVersionUID = 1;

    Unusable(String why) {
        super(why, null, false, false);
    }
}
