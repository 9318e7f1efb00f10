package dev.zstar.solvers.ode;

/**
 * The numbers of Dormand and Prince (1980), RK5(4)7M: stage states {@code z_j = z + h Σ a_jl k_l} at {@code t + c_j h}, the fifth-order
 * step {@code z' = z + h Σ b_j k_j}, and the error estimate {@code h Σ e_j k_j}. The last stage is the first of the next step: its state is
 * z'. Stages are counted from 1, as in the paper.
 */
final class Tableau {
    static final int STAGES = 7;

    static final double[] C = {Double.NaN, 0, 1 / 5., 3 / 10., 4 / 5., 8 / 9., 1, 1};

    static final double[][] A = {
        {},
        {},
        {0, 1 / 5.},
        {0, 3 / 40., 9 / 40.},
        {0, 44 / 45., -56 / 15., 32 / 9.},
        {0, 19372 / 6561., -25360 / 2187., 64448 / 6561., -212 / 729.},
        {0, 9017 / 3168., -355 / 33., 46732 / 5247., 49 / 176., -5103 / 18656.},
        {0, 35 / 384., 0, 500 / 1113., 125 / 192., -2187 / 6784., 11 / 84.},
    };

    /** The weights of the step, which are those of the last stage. */
    static final double[] B = {0, 35 / 384., 0, 500 / 1113., 125 / 192., -2187 / 6784., 11 / 84., 0};

    /** The weights of the fifth order minus those of the fourth. */
    static final double[] E =
            {0, 71 / 57600., 0, -71 / 16695., 71 / 1920., -17253 / 339200., 22 / 525., -1 / 40.};

    /** The weights of the bubble of the dense output (Shampine 1986; {@code contd5} of Hairer's dopri5). */
    static final double[] D = {
        0, -12715105075. / 11282082432., 0, 87487479700. / 32700410799., -10690763975. / 1880347072., 701980252875. / 199316789632.,
        -1453857185. / 822651844., 69997945. / 29380423.,
    };

    private Tableau() {}

    /**
     * The weights of the dense output in {@code z(t + θ h) = z + h Σ w_j k_j}, of order 4: the cubic Hermite polynomial of both ends, plus
     * {@code θ² (1 - θ)²} times the bubble.
     *
     * @param j 1 to 7
     */
    static double dense(int j, double θ) {
        double bubble = bubble(θ) * D[j];
        return switch (j) {
            case 1 -> end(θ) * B[j] + startSlope(θ) + bubble;
            case 7 -> endSlope(θ) + bubble;
            default -> end(θ) * B[j] + bubble;
        };
    }

    /** What the Hermite polynomial makes of the state at the end; it makes the rest of 1 of that at the start. */
    static double end(double θ) {
        return θ * θ * (3 - 2 * θ);
    }

    /** What it makes of h times the slope at the start. */
    static double startSlope(double θ) {
        return θ * (1 - θ) * (1 - θ);
    }

    /** What it makes of h times the slope at the end. */
    static double endSlope(double θ) {
        return -θ * θ * (1 - θ);
    }

    /** The factor of the bubble, which is 0 with its derivative at both ends. */
    static double bubble(double θ) {
        return θ * θ * (1 - θ) * (1 - θ);
    }
}
