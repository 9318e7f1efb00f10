package dev.zstar.solvers.cells.operations;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.OwnedMemory;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.parameters.SpectralNormalisation;
import dev.zstar.solvers.parameters.Weight;
import dev.zstar.solvers.parameters.WeightNormalisation;

/** A matrix that is computed from a parameter of its shape, and the way back of its gradient. */
final class NormalisedMatrix {
    private final Engine engine;
    private final Parameters values;
    private final Weight weight;
    private final Block v;
    private final Block matrix;
    private final Block gradient;
    private final Block dv;
    /** Null without weight normalisation. */
    private final WeightNormalisation rows;
    private final Block lengths;
    private final Block dLengths;
    /** Null without spectral normalisation. */
    private final SpectralNormalisation spectral;

    NormalisedMatrix(Engine engine, OwnedMemory memory, Parameters values, Weight weight) {
        this.engine = engine;
        this.values = values;
        this.weight = weight;
        v = values.get(weight.parameter().name());
        Type type = values.type();
        matrix = memory.block(type, v.rows(), v.cols());
        gradient = memory.block(type, v.rows(), v.cols());
        dv = memory.block(type, v.rows(), v.cols());
        if (weight.norm() instanceof Weight.Norm.Rows norm) {
            rows = new WeightNormalisation(engine, type, v.rows(), v.cols());
            lengths = values.get(norm.lengths().name());
            dLengths = memory.block(type, 1, v.rows());
            spectral = null;
        } else {
            rows = null;
            lengths = null;
            dLengths = null;
            spectral = memory.add(new SpectralNormalisation(engine, type, v.rows(), v.cols(),
                    ((Weight.Norm.Spectral) weight.norm()).limit(), 1), SpectralNormalisation::close, SpectralNormalisation::bytes);
        }
        update();
    }

    Block matrix() {
        return matrix;
    }

    Block gradient() {
        return gradient;
    }

    void clear() {
        gradient.fill(0);
    }

    void update() {
        if (rows != null) {
            rows.apply(v, lengths, matrix);
        } else {
            spectral.update(v, matrix);
        }
    }

    /** The matrix of the {@link #buffer} as it is, without a step of the power iteration. */
    void restore() {
        if (rows != null) {
            rows.apply(v, lengths, matrix);
        } else {
            spectral.restore(v, matrix);
        }
    }

    /** What it remembers from update to update; null if nothing. */
    Block buffer() {
        return spectral == null ? null : spectral.vector();
    }

    void addGradients(Bank bank) {
        if (rows != null) {
            rows.vjp(v, lengths, gradient, dv, dLengths);
            add(dLengths, bank.gradient(((Weight.Norm.Rows) weight.norm()).lengths()));
        } else {
            spectral.vjp(matrix, gradient, dv);
        }
        add(dv, bank.gradient(weight.parameter()));
    }

    private void add(Block part, Block sum) {
        if (sum != null) {
            engine.axpy(1, part, sum);
        }
    }

    @Override
    public String toString() {
        return weight.parameter() + " of " + values;
    }
}
