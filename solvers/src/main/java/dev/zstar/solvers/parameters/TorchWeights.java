package dev.zstar.solvers.parameters;

import dev.zstar.solvers.tensors.ElementType;
import dev.zstar.solvers.tensors.Tensor;
import dev.zstar.solvers.tensors.TensorFile;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/**
 * Finds weights in a file by the names that torch gives them. PyTorch stores a normalised weight as the tensors that it is computed from,
 * and this class computes it from them:
 *
 * <ul>
 *   <li>weight normalisation, {@code g v / ‖v‖}: {@code weight_g} and {@code weight_v}, or {@code parametrizations.weight.original0} and
 *       {@code …original1}. The norm is taken over the axes along which g has the length 1.
 *   <li>spectral normalisation, {@code V / (uᵀ V v)}, as in evaluation, without a step of the power iteration: {@code weight_orig},
 *       {@code weight_u} and {@code weight_v}, or {@code parametrizations.weight.original}, {@code ….0._u} and {@code ….0._v}.
 * </ul>
 *
 * <p>A cell's own {@code weight_g} and {@code weight_v} are found under the newer names, too.
 */
final class TorchWeights {
    private static final Set<ElementType> FLOATING = EnumSet.of(ElementType.F64, ElementType.F32, ElementType.F16, ElementType.BF16);

    private final String operation;
    private final TensorFile file;
    private final Set<String> used;

    /**
     * @param operation what messages begin with
     * @param used where the names of tensors that were used are added
     */
    TorchWeights(String operation, TensorFile file, Set<String> used) {
        this.operation = operation;
        this.file = file;
        this.used = used;
    }

    /** The weight of this name. */
    Elements find(String name) {
        if (file.contains(name)) {
            return Elements.of(tensor(name));
        }
        int dot = name.lastIndexOf('.') + 1;
        String module = name.substring(0, dot);
        String leaf = name.substring(dot);
        String newer = module + "parametrizations." + leaf + ".original";
        if (has(name + "_orig", name + "_u", name + "_v")) {
            return spectral(tensor(name + "_orig"), tensor(name + "_u"), tensor(name + "_v"));
        }
        if (has(newer, module + "parametrizations." + leaf + ".0._u", module + "parametrizations." + leaf + ".0._v")) {
            return spectral(tensor(newer), tensor(module + "parametrizations." + leaf + ".0._u"),
                    tensor(module + "parametrizations." + leaf + ".0._v"));
        }
        if (has(name + "_g", name + "_v")) {
            return normalised(tensor(name + "_g"), tensor(name + "_v"));
        }
        if (has(newer + "0", newer + "1")) {
            return normalised(tensor(newer + "0"), tensor(newer + "1"));
        }
        if (leaf.endsWith("_g") || leaf.endsWith("_v")) {
            String original = module + "parametrizations." + leaf.substring(0, leaf.length() - 2) + ".original"
                    + (leaf.endsWith("_g") ? "0" : "1");
            if (file.contains(original)) {
                return Elements.of(tensor(original));
            }
        }
        if (leaf.equals("in_proj_weight") && file.contains(module + "q_proj_weight")) {
            throw new IllegalArgumentException(operation + ": the file has '" + module + "q_proj_weight' instead of '" + name
                    + "', as torch.nn.MultiheadAttention stores keys or values of another width, expected keys and values of the width of"
                    + " the queries");
        }
        return Elements.of(tensor(name));
    }

    private boolean has(String... names) {
        return Arrays.stream(names).allMatch(file::contains);
    }

    private Tensor tensor(String name) {
        Tensor tensor = file.require(operation, name);
        if (!FLOATING.contains(tensor.type())) {
            throw new IllegalArgumentException(
                    operation + ": the elements of tensor '" + name + "' are " + tensor.type() + ", expected one of " + FLOATING);
        }
        used.add(name);
        return tensor;
    }

    /** {@code g v / ‖v‖} (Salimans and Kingma 2016, equation 2). */
    private Elements normalised(Tensor g, Tensor v) {
        long[] axes = v.shape();
        long[] lengths = g.shape();
        // How far apart neighbours of an axis of v are in g: 0 if the norm is over this axis.
        long[] steps = new long[axes.length];
        boolean fits = lengths.length == 0 || lengths.length == axes.length;
        long step = 1;
        for (int k = lengths.length - 1; fits && k >= 0; k--) {
            fits = lengths[k] == 1 || lengths[k] == axes[k];
            steps[k] = lengths[k] == 1 ? 0 : step;
            step *= lengths[k];
        }
        if (!fits || g.count() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(operation + ": the shape of tensor '" + g.name() + "' is " + Arrays.toString(lengths)
                    + ", expected each axis to be 1 or that of '" + v.name() + "', " + Arrays.toString(axes));
        }
        double[] norms = new double[(int) g.count()];
        for (long i = 0; i < v.count(); i++) {
            int at = place(i, axes, steps);
            norms[at] = Math.hypot(norms[at], v.get(i));
        }
        for (int at = 0; at < norms.length; at++) {
            require(norms[at], "norm " + at + " of tensor '" + v.name() + "'");
        }
        return Elements.computed(v, i -> {
            int at = place(i, axes, steps);
            // In this order nothing overflows or vanishes that the result does not.
            return v.get(i) / norms[at] * g.get(at);
        });
    }

    private static int place(long element, long[] axes, long[] steps) {
        long at = 0;
        long rest = element;
        for (int k = axes.length - 1; k >= 0; k--) {
            at += rest % axes[k] * steps[k];
            rest /= axes[k];
        }
        return (int) at;
    }

    /** {@code V / (uᵀ V v)} (Miyato et al. 2018, equation 8). */
    private Elements spectral(Tensor matrix, Tensor u, Tensor v) {
        long rows = matrix.shape().length == 0 ? 1 : matrix.shape()[0];
        if (u.count() != rows || u.count() * v.count() != matrix.count()) {
            throw new IllegalArgumentException(operation + ": the lengths of '" + u.name() + "' and '" + v.name() + "' are " + u.count()
                    + " and " + v.count() + ", expected the first axis of '" + matrix.name() + "', " + Arrays.toString(matrix.shape())
                    + ", and the product of its other axes");
        }
        double sigma = 0;
        for (long i = 0; i < matrix.count(); i++) {
            sigma += u.get(i / v.count()) * matrix.get(i) * v.get(i % v.count());
        }
        double divisor = sigma;
        require(divisor, "uᵀ V v of tensor '" + matrix.name() + "'");
        return Elements.computed(matrix, i -> matrix.get(i) / divisor);
    }

    private void require(double number, String what) {
        if (number == 0 || !Double.isFinite(number)) {
            throw new IllegalArgumentException(operation + ": " + what + " is " + number + ", expected a finite number other than 0");
        }
    }
}
