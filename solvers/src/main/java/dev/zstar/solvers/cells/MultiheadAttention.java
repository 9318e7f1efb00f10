package dev.zstar.solvers.cells;

import dev.zstar.solvers.cells.operations.Attention;
import dev.zstar.solvers.cells.operations.Bias;
import dev.zstar.solvers.cells.operations.Rotate;
import dev.zstar.solvers.parameters.Initialiser;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Weight;
import java.util.List;

/** The operations of {@link Net#attention}: projections of queries, keys and values, rotary positions, attention, another projection. */
final class MultiheadAttention {
    private final Net net;
    private final Heads heads;
    private final Weight weight;
    /** Null without biases. */
    private final Parameter bias;

    private MultiheadAttention(Net net, String name, int width, Heads heads) {
        this.net = net;
        this.heads = heads;
        Initialiser glorot = Initialiser.uniform(Math.sqrt(6.0 / (4 * width)));
        weight = net.weight(name + ".in_proj_weight", 3 * width, width, glorot);
        bias = !heads.hasBias() ? null
                : net.parameter(new Parameter(name + ".in_proj_bias", 3, width, List.of(3 * width), Initialiser.constant(0)));
    }

    static Value of(Net net, String name, Value x, Value other, Heads heads) {
        int width = x.shape().width();
        MultiheadAttention attention = new MultiheadAttention(net, name, width, heads);
        Value q = attention.rotated(attention.projected(0, x));
        Value k = attention.rotated(attention.projected(1, other));
        Value v = attention.projected(2, other);
        Value y = net.add(new Attention(heads.count(), heads.isCausal()), q, k, v);
        return heads.hasBias() ? net.linear(name + ".out_proj", y, width) : net.linearNoBias(name + ".out_proj", y, width);
    }

    private Value projected(int part, Value x) {
        Value y = net.product(weight.part(part, 3), x);
        return bias == null ? y : net.add(new Bias(bias, part, 3), y);
    }

    private Value rotated(Value x) {
        Heads.Rotation r = heads.rotation();
        return r == null ? x : net.add(new Rotate(heads.count(), r.base(), r.pairing()), x);
    }
}
