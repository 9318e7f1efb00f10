package dev.zstar.kernels.simd.vectors;

import static dev.zstar.kernels.simd.lanes.NativeMemory.ALL;
import static dev.zstar.kernels.simd.lanes.NativeMemory.F32;
import static dev.zstar.kernels.simd.lanes.NativeMemory.MASK;
import static dev.zstar.kernels.simd.lanes.NativeMemory.ORDER;

import dev.zstar.kernels.AdamStep;
import dev.zstar.kernels.CallLocal;
import dev.zstar.kernels.Type;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Adam on single rows, given by their addresses: {@code m = β₁ m + a g}, {@code v = β₂ v + (b g)²},
 * {@code p = p - (λ' p + η' m / (r √v + ε))}. The factor of p is not formed: {@code 1 - λ'} would lose the digits of a small λ'.
 */
public final class F32Adam {
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final long B = F32.byteSize();

    private static final CallLocal<F32Adam> OWN = new CallLocal<>(F32Adam::new);

    private double beta1;
    private double beta2;
    /** {@code (1 - β₁) scale}. */
    private double a;
    /** {@code √(1 - β₂) scale}. */
    private double b;
    /** {@code 1 / √c₂}. */
    private double r;

    private double epsilon;
    /** {@code η / c₁}. */
    private double rate;
    /** {@code η λ}. */
    private double decay;

    private F32Adam() {}

    /** The coefficients of a step, until the next call of this thread. */
    public static F32Adam of(AdamStep step) {
        F32Adam own = OWN.get();
        own.beta1 = step.beta1();
        own.beta2 = step.beta2();
        own.a = (1 - step.beta1()) * step.scale();
        own.b = Math.sqrt(1 - step.beta2()) * step.scale();
        own.r = 1 / Math.sqrt(step.correction2());
        own.epsilon = step.epsilon();
        own.rate = step.rate() / step.correction1();
        own.decay = step.rate() * step.decay();
        return own;
    }

    /** One row. */
    public void step(long p, long g, long m, long v, int n) {
        if (holds(beta1) && holds(beta2) && holds(a) && holds(b) && holds(r) && holds(epsilon) && holds(rate) && holds(decay)) {
            step((float) beta1, (float) beta2, (float) a, (float) b, (float) r, (float) epsilon, (float) rate, (float) decay, p, g, m, v,
                    n);
        } else {
            stepWide(p, g, m, v, n);
        }
    }

    private static boolean holds(double coefficient) {
        return Type.F32.holds(coefficient);
    }

    private static void step(
            float beta1, float beta2, float a, float b, float r, float epsilon, float rate, float decay, long p, long g, long m, long v,
            int n) {
        p &= MASK;
        g &= MASK;
        m &= MASK;
        v &= MASK;
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector gi = FloatVector.fromMemorySegment(S, ALL, g + i * B, ORDER);
            FloatVector mi = FloatVector.fromMemorySegment(S, ALL, m + i * B, ORDER).fma(FloatVector.broadcast(S, beta1), gi.mul(a));
            FloatVector bg = gi.mul(b);
            FloatVector vi = FloatVector.fromMemorySegment(S, ALL, v + i * B, ORDER).fma(FloatVector.broadcast(S, beta2), bg.mul(bg));
            FloatVector d = vi.sqrt().fma(FloatVector.broadcast(S, r), FloatVector.broadcast(S, epsilon));
            FloatVector pi = FloatVector.fromMemorySegment(S, ALL, p + i * B, ORDER);
            FloatVector move = mi.div(d).fma(FloatVector.broadcast(S, rate), pi.mul(decay));
            mi.intoMemorySegment(ALL, m + i * B, ORDER);
            vi.intoMemorySegment(ALL, v + i * B, ORDER);
            pi.sub(move).intoMemorySegment(ALL, p + i * B, ORDER);
        }
        for (; i < n; i++) {
            float gi = ALL.get(F32, g + i * B);
            float mi = Math.fma(ALL.get(F32, m + i * B), beta1, gi * a);
            float bg = gi * b;
            float vi = Math.fma(ALL.get(F32, v + i * B), beta2, bg * bg);
            float d = Math.fma((float) Math.sqrt(vi), r, epsilon);
            float pi = ALL.get(F32, p + i * B);
            float move = Math.fma(mi / d, rate, pi * decay);
            ALL.set(F32, m + i * B, mi);
            ALL.set(F32, v + i * B, vi);
            ALL.set(F32, p + i * B, pi - move);
        }
    }

    /** The same if {@link Type#F32} does not hold a coefficient: in f64, rounded where it is stored. */
    private void stepWide(long p, long g, long m, long v, int n) {
        for (int i = 0; i < n; i++) {
            double gi = ALL.get(F32, g + i * B);
            double mi = beta1 * ALL.get(F32, m + i * B) + a * gi;
            double vi = beta2 * ALL.get(F32, v + i * B) + b * gi * (b * gi);
            double pi = ALL.get(F32, p + i * B);
            ALL.set(F32, m + i * B, (float) mi);
            ALL.set(F32, v + i * B, (float) vi);
            ALL.set(F32, p + i * B, (float) (pi - (rate * mi / (r * Math.sqrt(vi) + epsilon) + decay * pi)));
        }
    }
}
