package dev.zstar.solvers.parameters;

import dev.zstar.solvers.guard.Arguments;

/**
 * A matrix that a cell multiplies with: a parameter, one of its equal groups of rows, or the transpose of either. Two products may use the
 * same parameter; their gradients then add up.
 *
 * @param parameter the parameter
 * @param part the number of the group of rows
 * @param parts how many groups the rows are cut into; 1 for the whole matrix
 * @param isTransposed whether this is the transpose
 * @param norm how the matrix is computed from the parameter
 */
public record Weight(Parameter parameter, int part, int parts, boolean isTransposed, Norm norm) {
    /** Checks that there is such a part. */
    public Weight {
        Arguments.present("weight", "the parameter", parameter);
        Arguments.present(parameter.name(), "the norm", norm);
        Arguments.atLeast(parameter.name(), "the number of parts", parts, 1);
        Arguments.index(parameter.name(), "part", part, parts);
        if (parameter.rows() % parts != 0) {
            throw new IllegalArgumentException(
                    parameter.name() + ": the number of rows is " + parameter.rows() + ", expected a multiple of " + parts + " parts");
        }
        if (norm instanceof Norm.Rows(Parameter lengths) && (lengths.rows() != 1 || lengths.cols() != parameter.rows())) {
            throw new IllegalArgumentException(parameter.name() + ": the block of the lengths " + lengths.name() + " is " + lengths.rows()
                    + "×" + lengths.cols() + ", expected 1×" + parameter.rows() + ", one for each row");
        }
    }

    /** The whole parameter as it is. */
    public static Weight of(Parameter parameter) {
        return new Weight(parameter, 0, 1, false, Norm.NONE);
    }

    /** Group {@code part} of {@code parts} equal groups of rows, such as the queries of a packed projection. */
    public Weight part(int part, int parts) {
        if (this.parts != 1) {
            throw new IllegalArgumentException(parameter.name() + ": part of a part, expected part of the whole matrix");
        }
        return new Weight(parameter, part, parts, isTransposed, norm);
    }

    /** The transpose. */
    public Weight transposed() {
        return new Weight(parameter, part, parts, !isTransposed, norm);
    }

    /** The number of outputs of a product. */
    public int outputs() {
        return isTransposed ? parameter.cols() : parameter.rows() / parts;
    }

    /** The number of inputs of a product. */
    public int inputs() {
        return isTransposed ? parameter.rows() / parts : parameter.cols();
    }

    /** How the matrix is computed from its parameters. */
    public sealed interface Norm {
        /** The parameter itself. */
        Norm NONE = new None();

        /** The parameter itself. */
        record None() implements Norm {}

        /**
         * Row i is {@code g_i v_i / ‖v_i‖} ({@link WeightNormalisation}).
         *
         * @param lengths the parameter g, {@code 1 × rows}
         */
        record Rows(Parameter lengths) implements Norm {
            /** Checks that there are lengths. */
            public Rows {
                Arguments.present("weight norm", "the parameter of the lengths", lengths);
            }
        }

        /**
         * {@code V min(1, c / σ(V))} ({@link SpectralNormalisation}).
         *
         * @param limit c
         */
        record Spectral(double limit) implements Norm {
            /** Checks that c is above 0. */
            public Spectral {
                Arguments.positive("spectral norm", "the limit c", limit);
            }
        }
    }
}
