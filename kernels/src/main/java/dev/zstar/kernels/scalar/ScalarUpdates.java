package dev.zstar.kernels.scalar;

import dev.zstar.kernels.AdamStep;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Updates;
import dev.zstar.kernels.spi.UpdateShapes;

/** Updates of parameters as formulas. */
interface ScalarUpdates extends Updates {
    @Override
    default void adam(Block p, Block g, Block m, Block v, AdamStep step) {
        UpdateShapes.adam(p, g, m, v, step);
        double c1 = step.correction1();
        double c2 = step.correction2();
        for (int row = 0; row < p.rows(); row++) {
            for (int i = 0; i < p.cols(); i++) {
                double gradient = step.scale() * g.get(row, i);
                double first = step.beta1() * m.get(row, i) + (1 - step.beta1()) * gradient;
                double root = Math.sqrt(1 - step.beta2()) * gradient;
                double second = step.beta2() * v.get(row, i) + root * root;
                double move = step.rate() * step.decay() * p.get(row, i)
                        + step.rate() * (first / c1) / (Math.sqrt(second / c2) + step.epsilon());
                m.set(row, i, first);
                v.set(row, i, second);
                p.set(row, i, p.get(row, i) - move);
            }
        }
    }
}
