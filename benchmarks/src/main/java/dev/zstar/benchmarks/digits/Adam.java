package dev.zstar.benchmarks.digits;

/** Adam (Kingma and Ba 2015, algorithm 1) for one array of parameters. */
final class Adam {
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPSILON = 1e-8;

    private final double[] m;
    private final double[] v;
    private final double rate;
    private int t;

    Adam(int parameters, double rate) {
        m = new double[parameters];
        v = new double[parameters];
        this.rate = rate;
    }

    /** One step down the gradient. */
    void step(double[] parameters, double[] gradient) {
        t++;
        double correction = Math.sqrt(1 - Math.pow(BETA2, t)) / (1 - Math.pow(BETA1, t));
        for (int i = 0; i < parameters.length; i++) {
            m[i] = BETA1 * m[i] + (1 - BETA1) * gradient[i];
            v[i] = BETA2 * v[i] + (1 - BETA2) * gradient[i] * gradient[i];
            parameters[i] -= rate * correction * m[i] / (Math.sqrt(v[i]) + EPSILON);
        }
    }
}
