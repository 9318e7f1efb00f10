package dev.zstar.solvers.ode;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;

/** Equations with a closed form. */
enum Equations {
    DECAY(0, 2) {
        @Override
        void f(double t, double[] z, double[] out) {
            out[0] = -1.5 * z[0];
        }

        @Override
        double[] at(double t) {
            return new double[] {Math.exp(-1.5 * t)};
        }
    },
    OSCILLATOR(0, 5) {
        @Override
        void f(double t, double[] z, double[] out) {
            out[0] = z[1];
            out[1] = -z[0];
        }

        @Override
        double[] at(double t) {
            return new double[] {Math.cos(t), -Math.sin(t)};
        }
    },
    LOGISTIC(0, 4) {
        @Override
        void f(double t, double[] z, double[] out) {
            out[0] = 1.7 * z[0] * (1 - z[0]);
        }

        @Override
        double[] at(double t) {
            return new double[] {1 / (1 + 9 * Math.exp(-1.7 * t))};
        }
    },
    /** {@code z' = A z} with A = ((-1, 2), (-2, -1)), whose exponential is a decaying rotation. */
    LINEAR(0, 3) {
        @Override
        void f(double t, double[] z, double[] out) {
            out[0] = -z[0] + 2 * z[1];
            out[1] = -2 * z[0] - z[1];
        }

        @Override
        double[] at(double t) {
            double decay = Math.exp(-t);
            return new double[] {decay * (Math.cos(2 * t) + 2 * Math.sin(2 * t)), decay * (-Math.sin(2 * t) + 2 * Math.cos(2 * t))};
        }
    },
    /** Depends on the time: {@code z' = 2 t z}. */
    TIMED(0.5, 1.5) {
        @Override
        void f(double t, double[] z, double[] out) {
            out[0] = 2 * t * z[0];
        }

        @Override
        double[] at(double t) {
            return new double[] {0.3 * Math.exp(t * t - 0.25)};
        }
    };

    final double t0;
    final double t1;

    Equations(double t0, double t1) {
        this.t0 = t0;
        this.t1 = t1;
    }

    abstract void f(double t, double[] z, double[] out);

    abstract double[] at(double t);

    double[] start() {
        return at(t0);
    }

    OdeFunction function() {
        return OdeFunction.rowwise((row, t, z, out) -> f(t, z, out));
    }

    Block block(Type type) {
        return Block.of(type, 1, start().length, start());
    }

    /** The largest error of a state at a time. */
    double error(Block z, int row, double t) {
        double error = 0;
        double[] exact = at(t);
        for (int i = 0; i < exact.length; i++) {
            error = Math.max(error, Math.abs(z.get(row, i) - exact[i]));
        }
        return error;
    }

    /** An oscillator of frequency ω = 1 + row for each row, which depends on nothing else. */
    static final OdeFunction RINGS = (t, z, out, rows) -> rings(z, out, rows);

    private static void rings(Block z, Block out, Rows rows) {
        for (int p = 0; p < rows.count(); p++) {
            double ω = 1 + rows.index(p);
            for (int i = 0; i < z.cols(); i += 2) {
                out.set(p, i, ω * z.get(p, i + 1));
                out.set(p, i + 1, -ω * z.get(p, i));
            }
        }
    }
}
