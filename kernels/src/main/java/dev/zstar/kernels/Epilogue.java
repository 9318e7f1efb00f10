package dev.zstar.kernels;

/**
 * What is done with {@code Wz} while it is in the nearest cache: {@code out = φ(Wz + bias + injection)}, and the norms that a stopping
 * test needs. In one pass the state is written once; in separate passes it is read and written five times.
 *
 * @param bias one row of {@code n} elements added to every row, or null
 * @param injection one row for each row of the batch (an input {@code Ux + b}, computed once and added at every step), or null
 * @param rows which row of {@code injection} belongs to which position; null means its own
 * @param activation the elementwise function
 * @param slope receives {@code φ'(Wz + bias + injection)}, which a backward pass multiplies by; of the shape of {@code out}, or null
 * @param norms receives {@code ‖out - z‖²} and {@code ‖out‖²} of each position, or null; {@code W} must be square
 */
public record Epilogue(Block bias, Block injection, Rows rows, Activation activation, Block slope, Norms norms) {
    /** {@code out = Wz}. */
    public static final Epilogue NONE = new Epilogue(null, null, null, Activation.IDENTITY, null, null);

    /** Checks that there is an activation. */
    public Epilogue {
        if (activation == null) {
            throw new NullPointerException("an epilogue: the activation is null; IDENTITY leaves the sum as it is");
        }
    }

    /** {@code out = φ(Wz + bias)}. */
    public static Epilogue of(Block bias, Activation activation) {
        return new Epilogue(bias, null, null, activation, null, null);
    }

    /** {@code out = φ(Wz + injection)}, the injected row found through {@code rows}. */
    public static Epilogue injected(Block injection, Rows rows, Activation activation) {
        return new Epilogue(null, injection, rows, activation, null, null);
    }

    /** This epilogue, with norms. */
    public Epilogue with(Norms norms) {
        return new Epilogue(bias, injection, rows, activation, slope, norms);
    }

    /** This epilogue, with slopes. */
    public Epilogue with(Block slope) {
        return new Epilogue(bias, injection, rows, activation, slope, norms);
    }

    /** Whether it leaves {@code Wz} as it is, and has no norms. */
    public boolean isNone() {
        return changesNothing() && norms == null;
    }

    /** Whether it leaves {@code Wz} as it is; it may still ask for its norms. */
    public boolean changesNothing() {
        return bias == null && injection == null && activation == Activation.IDENTITY && slope == null;
    }

    /** The row of {@link #injection} for position {@code p}. */
    public int injectionRow(int p) {
        return rows == null ? p : rows.index(p);
    }

    /**
     * Squared norms by position, written by {@link Products#apply}. Their range is that of the sums of squares in
     * {@link VectorOperations}.
     */
    public static final class Norms {
        private final double[] step;
        private final double[] value;

        /** Room for a batch of {@code capacity} rows. */
        public Norms(int capacity) {
            if (capacity < 0) {
                throw new IllegalArgumentException("norms of " + capacity + " rows, expected at least 0");
            }
            step = new double[capacity];
            value = new double[capacity];
        }

        /** The largest batch. */
        public int capacity() {
            return step.length;
        }

        /** {@code ‖out - z‖²} at position {@code p}. */
        public double step(int p) {
            return step[p];
        }

        /** {@code ‖out‖²} at position {@code p}. */
        public double value(int p) {
            return value[p];
        }

        /** For engines: sets the squared norms of position {@code p}. */
        public void set(int p, double step, double value) {
            this.step[p] = step;
            this.value[p] = value;
        }

        /** The relative residual {@code ‖out - z‖ / ‖out‖} at position {@code p}; 0 where both are zero. */
        public double relative(int p) {
            return step[p] == 0 ? 0 : Math.sqrt(step[p] / value[p]);
        }
    }
}
