package dev.zstar.benchmarks.problems;

/** A system {@code F(x) = 0} as it stands in its source, and its fixed-point form {@code f(x) = x - F(x) / s}. */
final class Root {
    private final String name;
    private final String source;
    private final double[] start;
    private final double scale;
    private final Formula function;
    private final double[] solution;
    private final double accuracy;
    private final boolean regular;

    /**
     * A system that shares the arrays.
     *
     * @param name the name in tables
     * @param source paper or report, and the number or name there
     * @param start n elements
     * @param scale s: near the diagonal of the Jacobian if that is nearly constant, and negative if F falls
     * @param function F
     * @param solution n elements with {@code F(x) = 0}; null if it has to be computed
     * @param accuracy how far the solution may be from a root of the computed system in any element; 0 if they agree up to rounding
     * @param regular whether the Jacobian at the solution is regular. If it is singular, no method without derivatives converges fast, and
     *     a small residual says little about the error
     */
    Root(String name, String source, double[] start, double scale, Formula function, double[] solution, double accuracy, boolean regular) {
        this.name = name;
        this.source = source;
        this.start = start;
        this.scale = scale;
        this.function = function;
        this.solution = solution;
        this.accuracy = accuracy;
        this.regular = regular;
    }

    /** A system with a regular Jacobian at its root, which is known up to rounding. */
    static Root at(double[] solution, String name, String source, double[] start, double scale, Formula function) {
        return new Root(name, source, start, scale, function, solution, 0, true);
    }

    /** A system with a singular Jacobian at its root, which is known up to rounding. */
    static Root singular(double[] solution, String name, String source, double[] start, double scale, Formula function) {
        return new Root(name, source, start, scale, function, solution, 0, false);
    }

    /** A system with a regular root that is not known. */
    static Root unknown(String name, String source, double[] start, double scale, Formula function) {
        return new Root(name, source, start, scale, function, null, 0, true);
    }

    String name() {
        return name;
    }

    /** A copy of the start. */
    double[] start() {
        return start.clone();
    }

    double scale() {
        return scale;
    }

    /** A copy of the solution; null if none is known. */
    double[] solution() {
        return solution == null ? null : solution.clone();
    }

    double accuracy() {
        return accuracy;
    }

    boolean regular() {
        return regular;
    }

    /** {@code F(x)}. */
    double[] at(double... x) {
        double[] out = new double[x.length];
        function.apply(x, out);
        return out;
    }

    /** The fixed-point problem {@code x = x - F(x) / s}. */
    Problem problem() {
        return new Problem(name, source + "; s = " + (float) scale, start, (x, out) -> {
            function.apply(x, out);
            for (int i = 0; i < out.length; i++) {
                out[i] = x[i] - out[i] / scale;
            }
        }, solution, accuracy);
    }

    @Override
    public String toString() {
        return name;
    }
}
