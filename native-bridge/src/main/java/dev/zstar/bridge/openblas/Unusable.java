package dev.zstar.bridge.openblas;

/** The reason why a place has no usable library, as the end of a sentence that starts with the place. */
final class Unusable extends Exception {
    private static final long serialVersionUID = 1;

    Unusable(String why) {
        super(why, null, false, false);
    }
}
