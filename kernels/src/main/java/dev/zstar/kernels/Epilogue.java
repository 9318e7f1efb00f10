package dev.zstar.kernels;

/**
 * What follows a product {@code Wz} in the same pass, while the result is in the nearest cache:
 * {@code out = φ(Wz + bias + injection)}, and the norms that a stopping test needs. In one pass the state is written once; in separate
 * passes it is read and written five times.
 *
 * @param bias one row of {@code n} elements added to every row, or null
 * @param injection one row for each row of the batch, such as {@code Ux + b}, which is computed once and added in every step; or null
 * @param rows which row of {@code injection} belongs to which position; with null, row p belongs to position p
 * @param activation the elementwise function
 * @param slope receives the slopes {@code φ'(Wz + bias + injection)}, by which a backward pass multiplies; of the shape of {@code out},
 *     or null
 * @param norms receives {@code ‖out - z‖²} and {@code ‖out‖²} of each position, or null; {@code W} must be square
 */
public record Epilogue(Block bias, Block injection, Rows rows, Activation activation, Block slope, Norms norms) {
    /** {@code out = Wz}. */
    public static final Epilogue NONE = new Epilogue(null, null, null, Activation.IDENTITY, null, null);

    /** Checks that there is an activation. */
    public Epilogue {
        Operands.present("an epilogue", "the activation", activation);
    }

    /** {@code out = φ(Wz + bias)}. */
    public static Epilogue of(Block bias, Activation activation) {
        return new Epilogue(bias, null, null, activation, null, null);
    }

    /** {@code out = φ(Wz + injection)}, the injected row found through {@code rows}. */
    public static Epilogue injected(Block injection, Rows rows, Activation activation) {
        return new Epilogue(null, injection, rows, activation, null, null);
    }

    /** This epilogue with norms. */
    public Epilogue with(Norms norms) {
        return new Epilogue(bias, injection, rows, activation, slope, norms);
    }

    /** This epilogue with slopes. */
    public Epilogue with(Block slope) {
        return new Epilogue(bias, injection, rows, activation, slope, norms);
    }

    /** Whether {@code out = Wz}, and no norms are requested. */
    public boolean isNone() {
        return changesNothing() && norms == null;
    }

    /** Whether {@code out = Wz}; norms may still be requested. */
    public boolean changesNothing() {
        return bias == null && injection == null && activation == Activation.IDENTITY && slope == null;
    }

    /** The row of {@link #injection} for position {@code p}. */
    public int injectionRow(int p) {
        return rows == null ? p : rows.index(p);
    }

    /**
     * Squared norms by position, which {@link Products#apply} writes. Their range is that of the sums of squares in
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

        /** For authors of engines: sets the squared norms of position {@code p}. */
        public void set(int p, double step, double value) {
            this.step[p] = step;
            this.value[p] = value;
        }

        /** The relative residual {@code ‖out - z‖ / ‖out‖} at position {@code p}; 0 if both are zero. */
        public double relative(int p) {
            return step[p] == 0 ? 0 : Math.sqrt(step[p] / value[p]);
        }
    }
}
