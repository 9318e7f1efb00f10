package dev.zstar.benchmarks.problems;

/** Small systems of two, three or four unknowns, repeated. Each group has its own solution, and all groups are solved together. */
final class Groups {
    private static final String MGH = "MGH problem ";
    private static final String FRIEDLANDER = "Friedlander, Gomes-Ruggiero, Kozakevich, Martínez and Santos 1997";

    private Groups() {}

    /** {@code 10 (x_2 - x_1²), 1 - x_1}; the start is (5, 1). */
    static Root rosenbrock(int n) {
        return Root.at(Systems.filled(n, 1), "extended Rosenbrock", MGH + "21, from another start", repeated(n, 5, 1), 10, (x, out) -> {
            for (int i = 0; i < n; i += 2) {
                out[i] = 10 * (x[i + 1] - x[i] * x[i]);
                out[i + 1] = 1 - x[i];
            }
        });
    }

    /** {@code x_1 + ((5 - x_2) x_2 - 2) x_2 - 13, x_1 + ((x_2 + 1) x_2 - 14) x_2 - 29}; the start is (6, 3). A root is (5, 4). */
    static Root freudensteinRoth(int n) {
        return Root.at(repeated(n, 5, 4), "extended Freudenstein and Roth", "Freudenstein and Roth 1963; Bing and Lin 1991",
                repeated(n, 6, 3), 40, (x, out) -> {
                    for (int i = 0; i < n; i += 2) {
                        double y = x[i + 1];
                        out[i] = x[i] + ((5 - y) * y - 2) * y - 13;
                        out[i + 1] = x[i] + ((y + 1) * y - 14) * y - 29;
                    }
                });
    }

    /**
     * {@code x_1 + 10 x_2, √5 (x_3 - x_4), (x_2 - 2 x_3)², √10 (x_1 - x_4)²}; the start is (3, -1, 0, 1). The Jacobian at the root 0 has
     * rank 2.
     */
    static Root powell(int n) {
        return Root.singular(new double[n], "extended Powell singular", MGH + "13", repeated(n, 3, -1, 0, 1), 10, (x, out) -> {
            for (int i = 0; i < n; i += 4) {
                double a = x[i + 1] - 2 * x[i + 2];
                double b = x[i] - x[i + 3];
                out[i] = x[i] + 10 * x[i + 1];
                out[i + 1] = Math.sqrt(5) * (x[i + 2] - x[i + 3]);
                out[i + 2] = a * a;
                out[i + 3] = Math.sqrt(10) * b * b;
            }
        });
    }

    /**
     * {@code (e^{x_1} - x_2)², 10 (x_2 - x_3)³, tan²(x_3 - x_4), x_4 - 1}; the start is (1, 2, 2, 2). At the root (0, 1, 1, 1) the
     * gradients of all but the last equation vanish.
     */
    static Root craggLevy(int n) {
        return Root.singular(repeated(n, 0, 1, 1, 1), "extended Cragg and Levy", "Cragg and Levy 1969", repeated(n, 1, 2, 2, 2), 10,
                (x, out) -> {
                    for (int i = 0; i < n; i += 4) {
                        double a = StrictMath.exp(x[i]) - x[i + 1];
                        double b = x[i + 1] - x[i + 2];
                        double c = StrictMath.tan(x[i + 2] - x[i + 3]);
                        out[i] = a * a;
                        out[i + 1] = 10 * b * b * b;
                        out[i + 2] = c * c;
                        out[i + 3] = x[i + 3] - 1;
                    }
                });
    }

    /** Half the gradient of Wood's function; the start is 0. The root is 1. */
    static Root wood(int n) {
        return Root.at(Systems.filled(n, 1), "extended Wood", "Colville 1968; Bing and Lin 1991", new double[n], 400, (x, out) -> {
            for (int i = 0; i < n; i += 4) {
                double a = x[i + 1] - x[i] * x[i];
                double b = x[i + 3] - x[i + 2] * x[i + 2];
                out[i] = -200 * x[i] * a - (1 - x[i]);
                out[i + 1] = 200 * a + 20.2 * (x[i + 1] - 1) + 19.8 * (x[i + 3] - 1);
                out[i + 2] = -180 * x[i + 2] * b - (1 - x[i + 2]);
                out[i + 3] = 180 * b + 20.2 * (x[i + 3] - 1) + 19.8 * (x[i + 1] - 1);
            }
        });
    }

    /**
     * Three functions of one unknown each, {@code x_1, q(x_2) = 2 x_2³ - 9 x_2² + 12 x_2 - 6} and {@code x_3 (5 - x_3²) / 4}, mixed by a
     * nearly orthogonal matrix; the start is (-1, ½, -1). One root is (0, x_2, 0), where x_2 is the only real zero of q.
     */
    static Root mixedDiagonal(int n) {
        // q(3/2 + t) = 2 t³ - 3/2 (t + 1); Cardano's formula for t³ = 3/4 (t + 1).
        double root = 1.5 + Math.cbrt(0.375 + Math.sqrt(0.125)) + Math.cbrt(0.375 - Math.sqrt(0.125));
        return Root.at(repeated(n, 0, root, 0), "mixed diagonal", "Gasparo 2000", repeated(n, -1, 0.5, -1), 3, (x, out) -> {
            for (int i = 0; i < n; i += 3) {
                double q = ((2 * x[i + 1] - 9) * x[i + 1] + 12) * x[i + 1] - 6;
                double cube = x[i + 2] * (5 - x[i + 2] * x[i + 2]);
                out[i] = 0.6 * x[i] + 0.8 * q;
                out[i + 1] = 0.48 * x[i] - 0.36 * q - cube / 5;
                out[i + 2] = cube / 4;
            }
        });
    }

    /**
     * Powell's badly scaled function, {@code 10⁴ x_1 x_2 - 1, e^{-x_1} + e^{-x_2} - 1.0001}, and a piecewise function of a third unknown;
     * the start is (0.001, 18, 1).
     */
    static Root augmentedPowell(int n) {
        // With x_1 = 10⁻⁴ / x_2 there is one equation for x_2, which Newton's method solves.
        double y = 9;
        for (int k = 0; k < 100; k++) {
            double small = StrictMath.exp(-1e-4 / y);
            y -= (small + StrictMath.exp(-y) - 1.0001) / (small * 1e-4 / y / y - StrictMath.exp(-y));
        }
        double t = 0.4;
        for (int k = 0; k < 100; k++) {
            t -= piece(t) * 1998 / (4551 + t * (2 * 888 - t * 3 * 592));
        }
        return Root.at(repeated(n, 1e-4 / y, y, t), "badly scaled augmented Powell", "Gasparo 2000", repeated(n, 1e-3, 18, 1), 1e4,
                (x, out) -> {
                    for (int i = 0; i < n; i += 3) {
                        out[i] = 1e4 * x[i] * x[i + 1] - 1;
                        out[i + 1] = StrictMath.exp(-x[i]) + StrictMath.exp(-x[i + 1]) - 1.0001;
                        out[i + 2] = piece(x[i + 2]);
                    }
                });
    }

    private static double piece(double t) {
        return t <= -1 ? t / 2 - 2 : t >= 2 ? t / 2 + 2 : (-1924 + t * (4551 + t * (888 - t * 592))) / 1998;
    }

    /** {@code x_1 x_2 - x_3² - 1, x_1 x_2 x_3 - x_1² + x_2² - 2, e^{x_1} - e^{x_2}}; the start is 0. A root is (√2, √2, 1). */
    static Root growing(int n) {
        return exponentials(n, "function 18", 1, new double[n]);
    }

    /** The same with {@code e^{-x_1} - e^{-x_2}}; the start is 1. */
    static Root decaying(int n) {
        return exponentials(n, "function 21", -1, Systems.filled(n, 1));
    }

    private static Root exponentials(int n, String number, int sign, double[] start) {
        return Root.at(repeated(n, Math.sqrt(2), Math.sqrt(2), 1), number, LaCruz.SOURCE, start, 4, (x, out) -> {
            for (int i = 0; i < n; i += 3) {
                out[i] = x[i] * x[i + 1] - x[i + 2] * x[i + 2] - 1;
                out[i + 1] = x[i] * x[i + 1] * x[i + 2] - x[i] * x[i] + x[i + 1] * x[i + 1] - 2;
                out[i + 2] = StrictMath.exp(sign * x[i]) - StrictMath.exp(sign * x[i + 1]);
            }
        });
    }

    /**
     * The three-dimensional valley, {@code (c_1 x_1 + c_2 x_1³) e^{-x_1²/100} - 1, 10 (sin x_1 - x_2), 10 (cos x_1 - x_3)}; the start is
     * (-4, 1, 2). The other unknowns follow from x_1.
     */
    static Root valley(int n) {
        double c1 = 1.003344481605351;
        double c2 = -3.344481605351171e-3;
        double root = 1;
        for (int k = 0; k < 100; k++) {
            double value = (c1 + c2 * root * root) * root;
            double slope = c1 + 3 * c2 * root * root - value * root / 50;
            root -= (value - StrictMath.exp(root * root / 100)) / slope;
        }
        return Root.at(repeated(n, root, StrictMath.sin(root), StrictMath.cos(root)), "three-dimensional valley", FRIEDLANDER,
                repeated(n, -4, 1, 2), 1, (x, out) -> {
                    for (int i = 0; i < n; i += 3) {
                        double square = x[i] * x[i];
                        out[i] = (c1 + c2 * square) * x[i] * StrictMath.exp(-square / 100) - 1;
                        out[i + 1] = 10 * (Math.sin(x[i]) - x[i + 1]);
                        out[i + 2] = 10 * (Math.cos(x[i]) - x[i + 2]);
                    }
                });
    }

    /** The group, repeated to n elements. */
    static double[] repeated(int n, double... group) {
        if (n % group.length != 0) {
            throw new IllegalArgumentException("n = " + n + "; expected a multiple of " + group.length + ", the size of a group");
        }
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            values[i] = group[i % group.length];
        }
        return values;
    }
}
