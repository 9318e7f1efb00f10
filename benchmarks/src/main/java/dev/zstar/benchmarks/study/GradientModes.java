package dev.zstar.benchmarks.study;

import dev.zstar.solvers.Stopping;
import dev.zstar.solvers.implicit.GradientMode;
import java.util.LinkedHashMap;
import java.util.Map;

/** The gradient modes that the study compares, by their names in its tables. */
final class GradientModes {
    private GradientModes() {}

    /** All modes, the default first. */
    static Map<String, GradientMode> all() {
        Map<String, GradientMode> modes = new LinkedHashMap<>();
        modes.put("exact, 1e-3", GradientMode.DEFAULT);
        modes.put("exact, 1e-6", GradientMode.exact(1e-6));
        modes.put("refined, 1e-3", new GradientMode.Refined(20, 20, Stopping.relative(1e-3)));
        modes.put("Broyden's inverse", new GradientMode.BroydenInverse());
        modes.put("Jacobian-free", new GradientMode.JacobianFree());
        modes.put("Neumann, 5", new GradientMode.NeumannSeries(5));
        modes.put("phantom, 5", new GradientMode.Phantom(5, 0.5));
        modes.put("unrolled, 24", new GradientMode.Unrolled(24));
        modes.put("checkpointed, 24", new GradientMode.Checkpointed(24));
        // As many evaluations of f forward as the other two networks. In f32 a larger β leaves no digit of so many steps.
        modes.put("reversible, 12", new GradientMode.Reversible(12, 0.5));
        return modes;
    }
}
