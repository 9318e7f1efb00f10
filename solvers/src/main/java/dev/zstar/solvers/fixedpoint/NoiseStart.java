package dev.zstar.solvers.fixedpoint;

import dev.zstar.kernels.Block;
import java.util.Random;

/** A start of Gaussian noise, which is drawn once. */
final class NoiseStart implements Start {
    private final double deviation;
    private final long seed;
    private double[] noise = {};

    NoiseStart(double deviation, long seed) {
        this.deviation = deviation;
        this.seed = seed;
    }

    @Override
    public void write(Block given, int input, Block starts, int row) {
        if (noise.length != starts.cols()) {
            draw(starts.cols());
        }
        for (int i = 0; i < noise.length; i++) {
            starts.set(row, i, noise[i]);
        }
    }

    private void draw(int n) {
        Random random = new Random(seed);
        noise = new double[n];
        for (int i = 0; i < n; i++) {
            noise[i] = deviation * random.nextGaussian();
        }
    }
}
