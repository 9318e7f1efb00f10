package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Activation}: its formulas against numbers computed with 40 digits and against identities; the engines against the formulas. */
class ActivationTest {
    private static final double U = 0x1p-53;
    /** The errors that the formulas may have, in u: {@code Math.exp} guarantees 2, and the rest are the roundings after it. */
    private static final double FORMULA = 6;

    /** x; GELU and its derivative; GELU_TANH and its derivative: the doubles nearest to the exact values. */
    private static final double[][] GELU = {
        {-37.5, -1.7270073785932332e-306, -6.476271143055812e-305, 0, 0},
        {-30.0, -1.472014178144456e-196, -4.416031690708495e-195, 0, 0},
        {-20.5, -2.206758018052147e-92, -4.523803306172878e-91, -1.3502940601643467e-280, -1.2356213261882888e-278},
        {-13.0, -7.952313719414843e-38, -1.0337304440113355e-36, -1.0511517767632533e-76, -3.962394186461655e-75},
        {-10.0, -7.619853024160526e-23, -7.618400096464814e-22, -1.204092348209806e-37, -2.7576380638540315e-36},
        {-7.25, -1.5107971650372503e-12, -1.0946014325702036e-11, -1.0631936227657138e-16, -1.3512766388863879e-15},
        {-5.5, -1.0444259356238245e-07, -5.733472398739924e-07, -5.9276402638802624e-09, -4.676552810807415e-08},
        {-4.0, -0.0001266849673324797, -0.0005036496612264215, -7.024594819237268e-05, -0.0003351231971226708},
        {-3.0, -0.0040496940948902835, -0.011945647204183927, -0.003637392081773019, -0.011584166630969726},
        {-2.0, -0.04550026389635842, -0.0852318010781969, -0.04540230591222498, -0.08609925662361838},
        {-1.5, -0.1002108019032871, -0.12746919222997952, -0.10042842301976708, -0.12771079315143308},
        {-1.0, -0.15865525393145705, -0.0833154705876863, -0.1588080093917233, -0.08296408384578255},
        {-0.75, -0.16997051428265114, 0.0007742782607648957, -0.1700394448343797, 0.0010617438625857023},
        {-0.5, -0.15426876936299344, 0.13250487534383715, -0.15428599017485609, 0.1326300964653577},
        {-0.25, -0.10032341857926907, 0.30462664511636395, -0.100324649298315, 0.30464590484893955},
        {-0.0625, -0.029692645685672047, 0.45019708992782237, -0.029692650693718542, 0.4501974100087521},
        {-9.5367431640625e-07, -4.768367953672347e-07, 0.4999992390779869, -4.768367953672347e-07, 0.4999992390779869},
        {9.5367431640625e-07, 4.768375210390154e-07, 0.5000007609220131, 4.768375210390154e-07, 0.5000007609220131},
        {0.0625, 0.03280735431432795, 0.5498029100721776, 0.03280734930628146, 0.5498025899912479},
        {0.25, 0.14967658142073093, 0.695373354883636, 0.149675350701685, 0.6953540951510604},
        {0.5, 0.34573123063700656, 0.8674951246561629, 0.34571400982514394, 0.8673699035346423},
        {0.75, 0.5800294857173488, 0.9992257217392351, 0.5799605551656203, 0.9989382561374143},
        {1.0, 0.8413447460685429, 1.0833154705876864, 0.8411919906082767, 1.0829640838457826},
        {1.5, 1.399789198096713, 1.1274691922299795, 1.3995715769802328, 1.1277107931514332},
        {2.0, 1.9544997361036416, 1.085231801078197, 1.954597694087775, 1.0860992566236183},
        {3.0, 2.99595030590511, 1.011945647204184, 2.996362607918227, 1.0115841666309697},
        {5.0, 4.999998566742141, 1.000007146946002, 4.999999770820381, 1.0000015463619876},
        {8.0, 7.999999999999995, 1.0000000000000397, 8.0, 1.0},
        {20.0, 20.0, 1.0, 20.0, 1.0},
    };

    /** x; SIGMOID and its derivative; SOFTPLUS, whose derivative that is; SILU and its derivative. */
    private static final double[][] SIGMOID = {
        {-700.0, 9.85967654375977e-305, 9.85967654375977e-305, 9.85967654375977e-305, -6.90177358063184e-302, -6.891913904088079e-302},
        {-50.0, 1.9287498479639178e-22, 1.9287498479639178e-22, 1.9287498479639178e-22, -9.643749239819589e-21, -9.450874255023197e-21},
        {-10.0, 4.5397868702434395e-05, 4.5395807735951673e-05, 4.539889921686465e-05, -0.00045397868702434395, -0.0004085602086570823},
        {-1.0, 0.2689414213699951, 0.19661193324148185, 0.3132616875182228, -0.2689414213699951, 0.07232948812851327},
        {1.0, 0.7310585786300049, 0.19661193324148185, 1.3132616875182228, 0.7310585786300049, 0.9276705118714867},
        {40.0, 1.0, 4.248354255291589e-18, 40.0, 40.0, 1.0000000000000002},
    };

    /** The derivatives of GELU_TANH, GELU and SILU have a zero; this is the sum of the absolute values of their two terms. */
    private static double size(Activation activation, double x, boolean derivative) {
        double value = derivative ? activation.derivative(x) : activation.apply(x);
        if (!derivative) {
            return Math.abs(value);
        }
        return switch (activation) {
            case TANH -> 1;
            case GELU_TANH, GELU, SILU -> {
                double first = x == 0 ? 0.5 : activation.apply(x) / x;
                yield first + Math.abs(value - first);
            }
            default -> Math.abs(value);
        };
    }

    /**
     * What an engine may be off, in u. The first are sums of all roundings. Those of GELU add up to 12 and 13 and that of GELU_TANH's
     * derivative to 12, with signs that never agree: the most found in 1.1 million points is 5.1, 5.0 and 6.1. 7 is what {@link Math#tanh}
     * and the vector form differ by.
     */
    private static double bound(Activation activation, boolean derivative) {
        return switch (activation) {
            case IDENTITY, RELU -> 0;
            case LEAKY_RELU -> 2;
            case TANH -> derivative ? 14 : 7;
            case SIGMOID -> derivative ? 5.7 : 3.7;
            case SOFTPLUS -> derivative ? 3.7 : 6.2;
            case GELU_TANH -> derivative ? 8 : 5.7;
            case GELU -> 8;
            case SILU -> derivative ? 7.7 : 4.7;
        };
    }

    /** For exponentials that are normal numbers; below, the errors are less than 512 times the smallest number. */
    private static double range(Activation activation, Type type) {
        return switch (activation) {
            case GELU_TANH -> type == Type.F32 ? 9.9 : 21.1;
            case GELU -> type == Type.F32 ? 13.2 : 37.5;
            default -> type == Type.F32 ? 87 : 708;
        };
    }

    private static void assertNear(Activation activation, Type type, double x, double actual, boolean derivative) {
        double expected = derivative ? activation.derivative(x) : activation.apply(x);
        double u = bound(activation, derivative) + (type == Type.F64 ? FORMULA : 1);
        double least = type == Type.F32 ? Float.MIN_NORMAL : Double.MIN_NORMAL;
        double absolute = Math.abs(x) > range(activation, type) ? 4096 * least : type == Type.F32 ? Float.MIN_VALUE : Double.MIN_VALUE;
        if (!(Math.abs(actual - expected) <= u * type.unitRoundoff() * size(activation, x, derivative) + absolute)) {
            assertThat(actual).as("%s%s %s of %s", type, derivative ? ": derivative of" : ":", activation, x).isEqualTo(expected);
        }
    }

    // ---- the formulas

    private static void assertClose(double actual, double expected, double size) {
        assertThat(actual).isCloseTo(expected, org.assertj.core.data.Offset.offset(FORMULA * U * Math.abs(size)));
    }

    @Test
    void formulasAgreeWithExactValues() {
        for (double[] row : GELU) {
            assertClose(Activation.GELU.apply(row[0]), row[1], row[1]);
            assertClose(Activation.GELU.derivative(row[0]), row[2], size(Activation.GELU, row[0], true));
            assertClose(Activation.GELU_TANH.apply(row[0]), row[3], row[3]);
            assertClose(Activation.GELU_TANH.derivative(row[0]), row[4], size(Activation.GELU_TANH, row[0], true));
        }
        for (double[] row : SIGMOID) {
            assertClose(Activation.SIGMOID.apply(row[0]), row[1], row[1]);
            assertClose(Activation.SIGMOID.derivative(row[0]), row[2], row[2]);
            assertClose(Activation.SOFTPLUS.apply(row[0]), row[3], row[3]);
            assertClose(Activation.SOFTPLUS.derivative(row[0]), row[1], row[1]);
            assertClose(Activation.SILU.apply(row[0]), row[4], row[4]);
            assertClose(Activation.SILU.derivative(row[0]), row[5], size(Activation.SILU, row[0], true));
        }
    }

    /** {@code Φ(-a) = φ(a) / (a + 1 / (a + 2 / (a + 3 / …)))} (Laplace), which converges slowly for small a. */
    @Test
    void theNormalTailAgreesWithItsContinuedFraction() {
        for (double a = 0.75; a < 37.5; a += 0x1.01p-5) {
            double fraction = a;
            for (int k = (int) (400 / (a * a)) + 30; k > 0; k--) {
                fraction = a + k / fraction;
            }
            double expected = Normal.density(a) / fraction;
            // The fraction and φ have errors of about 4 u themselves.
            assertThat(Normal.cdf(-a)).as("Φ(-%s)", a)
                    .isCloseTo(expected, org.assertj.core.data.Offset.offset((FORMULA + 4) * U * expected));
        }
    }

    @Test
    void formulasKeepTheirSymmetries() {
        for (double x = -30; x <= 30; x += 0x1.01p-4) {
            double u = 4 * U * Math.max(1, Math.abs(x));
            var offset = org.assertj.core.data.Offset.offset(u);
            assertThat(Activation.SIGMOID.apply(x) + Activation.SIGMOID.apply(-x)).isCloseTo(1, offset);
            assertThat(Activation.SIGMOID.derivative(x)).isEqualTo(Activation.SIGMOID.derivative(-x));
            assertThat(Activation.SOFTPLUS.derivative(x)).isEqualTo(Activation.SIGMOID.apply(x));
            for (Activation odd : new Activation[] {Activation.SOFTPLUS, Activation.SILU, Activation.GELU, Activation.GELU_TANH}) {
                // φ(x) = x p(x) with p(x) + p(-x) = 1; softplus differs from its mirror image by x.
                double mirrored = odd == Activation.SOFTPLUS ? -odd.apply(-x) : odd.apply(-x);
                assertThat(odd == Activation.SOFTPLUS ? odd.apply(x) + mirrored : odd.apply(x) - mirrored).isCloseTo(x, offset);
                assertThat(odd.derivative(x) + odd.derivative(-x)).isCloseTo(1, offset);
            }
        }
    }

    /** Fourth order at a step of 1e-3: errors of 1e-12/30 fifth derivatives, each below 60, and of about 5 u |x| / 1e-3 from rounding. */
    private static void assertDerivative(DoubleUnaryOperator f, DoubleUnaryOperator derivative) {
        double h = 1e-3;
        for (double x = -20.03; x < 20; x += 0.11) {
            double difference =
                    (8 * (f.applyAsDouble(x + h) - f.applyAsDouble(x - h))
                    - (f.applyAsDouble(x + 2 * h) - f.applyAsDouble(x - 2 * h))) / (12 * h);
            assertThat(derivative.applyAsDouble(x)).as("at %s", x).isCloseTo(difference, org.assertj.core.data.Offset.offset(5e-11));
        }
    }

    /** Fifth derivatives are below 10. */
    @ParameterizedTest
    @EnumSource(Activation.class)
    void derivativesAreDerivatives(Activation activation) {
        assertDerivative(activation::apply, activation::derivative);
    }

    /** Above 1, the slope 1 - y² would be negative. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void tanhIsAtMostOneAndOneFarOut(Type type) {
        int n = 4096;
        double end = type == Type.F32 ? 9.02 : 19.1;
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1); Block x = Block.allocate(type, 2, n); Block y = Block.allocate(type, 2, n)) {
                for (int i = 0; i < n; i++) {
                    x.set(0, i, (i % 2 == 0 ? 1 : -1) * end * (0.8 + 0.2 * i / n));
                    x.set(1, i, (i % 2 == 0 ? 1 : -1) * end * Math.pow(1.02, i));
                }
                engine.activate(Activation.TANH, x, y);
                for (int i = 0; i < n; i++) {
                    assertThat(Math.abs(y.get(0, i))).isLessThanOrEqualTo(1);
                    assertThat(y.get(1, i)).as("tanh %s", x.get(1, i)).isEqualTo(i % 2 == 0 ? 1 : -1);
                }
            }
        }
    }

    /** x; the second derivatives of TANH, SIGMOID, SOFTPLUS, SILU, GELU and GELU_TANH there: the doubles nearest to the exact values. */
    private static final double[][] SECOND = {
        {-700.0, 0.0, 9.85967654375977e-305, 9.85967654375977e-305, -6.88205422754432e-302, 0.0, 0.0},
        {-20.5, 1.250305751467991e-17, 1.2501528601352138e-09, 1.2501528632609782e-09, -2.312782790624993e-08, -9.25162467023071e-90,
                -1.129501664030336e-276},
        {-13.0, 4.087271222367131e-11, 2.2603089707288756e-06, 2.2603191888376427e-06, -2.48633782418001e-05, -1.3358042354201376e-35,
                -1.487797137189351e-73},
        {-4.0, 0.0026801026141057864, 0.01702733592838913, 0.017662706213291118, -0.03278393128697429, -0.001873623160708395,
                -0.0014740596637653365},
        {-1.5, 0.32713259728754784, 0.09473021278475267, 0.14914645207033286, 0.1561975849635367, -0.03237939891647293,
                -0.030518196484224946},
        {-0.75, 0.7578417022780214, 0.07808428307814441, 0.21789499376181404, 0.37722677521501974, 0.43288505872253136, 0.4323074902714741},
        {-9.5367431640625e-07, 1.907348632810187e-06, 1.192092895507451e-07, 0.24999999999994316, 0.4999999999997726, 0.7978845608021397,
                0.7978845608021361},
        {0.25, -0.46045435881856595, -0.030607512026718776, 0.24613408273759835, 0.484616287468517, 0.7491694763055203, 0.7489486142236503},
        {1.0, -0.6397000084492245, -0.09085774767294841, 0.19661193324148185, 0.3023661188100153, 0.24197072451914334, 0.24214819798377296},
        {2.0, -0.13621868742711304, -0.07996250105615306, 0.10499358540350652, 0.05006216869470691, -0.1079819330263761,
                -0.10787507995107845},
        {3.0, -0.019634494363042435, -0.04089157466094348, 0.04517665973091213, -0.032321404521006174, -0.03102293888356605,
                -0.031767658886074704},
        {8.0, -9.00280992500878e-07, -0.0003350128267632233, 0.00033523767075647424, -0.002009627272592838, -3.1324080717928733e-13,
                -7.0458213960972915e-19},
        {30.0, -7.005208610157216e-26, -9.357622968836672e-14, 9.357622968838423e-14, -2.620134431274233e-12, -1.3233342291209357e-193,
                0.0},
    };

    /** {@code e / (1 + e)²} with {@code e = exp(-|y|)}. */
    private static double bell(double y) {
        double e = Math.exp(-Math.abs(y));
        return e / ((1 + e) * (1 + e));
    }

    /** Relative to the sum of the absolute values of the terms, which is the value itself but near the zero of the last three. */
    @Test
    void secondDerivativesAgreeWithExactValuesInTheTailsToo() {
        double linear = Math.sqrt(8 / Math.PI);
        double cubic = 0.044715 * linear;
        for (double[] row : SECOND) {
            double x = row[0];
            assertClose(Activation.TANH.secondDerivative(x), row[1], 2 * row[1]);
            assertClose(Activation.SIGMOID.secondDerivative(x), row[2], 2 * row[2]);
            assertClose(Activation.SOFTPLUS.secondDerivative(x), row[3], row[3]);
            assertClose(Activation.SILU.secondDerivative(x), row[4], 2 * bell(x) * (2 + x * Math.tanh(x / 2)));
            assertClose(Activation.GELU.secondDerivative(x), row[5], 2 * Normal.density(x) * (2 + x * x));
            double y = x * (linear + cubic * x * x);
            double slope = linear + 3 * cubic * x * x;
            // The factor is exact to a rounding or two (exp2u); each of the terms has six roundings of its own.
            assertClose(Activation.GELU_TANH.secondDerivative(x), row[6],
                    2 * bell(y) * (2 * linear + 12 * cubic * x * x + x * slope * slope * Math.tanh(y / 2)) + Double.MIN_NORMAL);
        }
    }

    /** Sixth derivatives are below 60, that of GELU_TANH. */
    @ParameterizedTest
    @EnumSource(Activation.class)
    void secondDerivativesAreDerivativesOfDerivatives(Activation activation) {
        assertDerivative(activation::derivative, activation::secondDerivative);
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void secondDerivativesOfSpecialValuesAndByEngines(Activation activation) {
        for (double far : new double[] {Double.NEGATIVE_INFINITY, -1e300, -1e5, 1e5, 1e300, Double.POSITIVE_INFINITY}) {
            assertThat(activation.secondDerivative(far)).as("%s at %s", activation, far)
                    .isCloseTo(0, org.assertj.core.data.Offset.offset(0.0));
        }
        assertThat(activation == Activation.IDENTITY || Double.isNaN(activation.secondDerivative(Double.NaN))).isTrue();
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(1);
                        Block x = spread(activation, type, 3, 17, 1);
                        Block out = Reference.padded(type, 3, 17)) {
                    engine.secondDerivative(activation, x, out);
                    assertThat(Reference.paddingIsNaN(out)).as("padding untouched").isTrue();
                    for (int i = 0; i < 17; i++) {
                        double expected = activation.secondDerivative(x.get(2, i));
                        assertThat(out.get(2, i)).isEqualTo(type == Type.F32 ? (float) expected : expected);
                    }
                    double[] apart = out.toDoubles();
                    engine.secondDerivative(activation, x, x);
                    assertThat(x.toDoubles()).as("in place").isEqualTo(apart);
                    assertThatThrownBy(() -> engine.secondDerivative(activation, x, x.head(2)))
                            .hasMessage("secondDerivative: out is 2×17 " + type + ", expected 3×17 " + type);
                }
            }
        }
    }

    // ---- the engines

    static Stream<Integer> sizes() {
        return Stream.concat(IntStream.rangeClosed(0, 70).boxed(), Stream.of(192, 193, 385, 800));
    }

    /** Values of all sizes: a third up to 1, a third up to 8, a third beyond the range of the exponential. */
    private static Block spread(Activation activation, Type type, int rows, int n, long seed) {
        Block x = Reference.padded(type, rows, n);
        Random random = new Random(seed);
        for (int p = 0; p < rows; p++) {
            for (int i = 0; i < n; i++) {
                x.set(p, i, random.nextDouble(-1, 1) * switch (i % 3) {
                    case 0 -> 1;
                    case 1 -> 8;
                    default -> 1.1 * range(activation, type);
                });
            }
        }
        return x;
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void enginesAgreeWithTheFormulas(Activation activation) {
        int n = 40_000;
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                try (Engine engine = provider.create(2);
                        Block x = spread(activation, type, 1, n, 1);
                        Block y = Reference.padded(type, 1, n);
                        Block slope = Reference.padded(type, 1, n)) {
                    engine.activate(activation, x, y);
                    engine.derivative(activation, x, slope);
                    for (int i = 0; i < n; i++) {
                        assertNear(activation, type, x.get(0, i), y.get(0, i), false);
                        assertNear(activation, type, x.get(0, i), slope.get(0, i), true);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void anElementHasTheSameBitsWhereverItLies(int n) {
        for (Type type : Type.values()) {
            for (Activation activation : Activation.values()) {
                try (Engine engine = Engines.named("simd", 2);
                        Block x = spread(activation, type, 2, n, n);
                        Block y = Reference.padded(type, 2, n);
                        Block slope = Reference.padded(type, 2, n);
                        Block one = Block.allocate(type, 1, 1);
                        Block result = Block.allocate(type, 1, 1)) {
                    double[] before = x.toDoubles();
                    engine.activate(activation, x, y);
                    engine.derivative(activation, x, slope);
                    assertThat(x.toDoubles()).as("inputs unchanged").isEqualTo(before);
                    assertThat(Reference.paddingIsNaN(y) && Reference.paddingIsNaN(slope)).as("padding untouched").isTrue();
                    for (int p = 0; p < 2; p++) {
                        for (int i = 0; i < n; i += n > 100 ? 7 : 1) {
                            one.set(0, 0, x.get(p, i));
                            engine.activate(activation, one, result);
                            assertThat(y.get(p, i)).isEqualTo(result.get(0, 0));
                            engine.derivative(activation, one, result);
                            assertThat(slope.get(p, i)).isEqualTo(result.get(0, 0));
                        }
                    }
                    engine.activate(activation, x, x);
                    assertThat(x.toDoubles()).as("in place").isEqualTo(y.toDoubles());
                }
            }
        }
    }

    @Test
    void specialValues() {
        double[] far = {Double.NEGATIVE_INFINITY, -1e300, -1e30, -1e5, 1e5, 1e30, 1e300, Double.POSITIVE_INFINITY};
        for (Type type : Type.values()) {
            for (EngineProvider provider : Reference.available()) {
                for (Activation activation : Activation.values()) {
                    try (Engine engine = provider.create(1);
                            Block x = Block.allocate(type, 1, 14);
                            Block y = Block.allocate(type, 1, 14);
                            Block slope = Block.allocate(type, 1, 14)) {
                        for (int i = 0; i < far.length; i++) {
                            x.set(0, i, far[i]);
                        }
                        double least = type == Type.F32 ? Float.MIN_VALUE : Double.MIN_VALUE;
                        double[] near = {Double.NaN, 0, -0.0, least, -least, 12345 * least};
                        for (int i = 0; i < near.length; i++) {
                            x.set(0, far.length + i, near[i]);
                        }
                        engine.activate(activation, x, y);
                        engine.derivative(activation, x, slope);
                        // 2 u of f32 are 0.000012%.
                        var close = org.assertj.core.data.Percentage.withPercentage(2e-5);
                        for (int i = 0; i < far.length; i++) {
                            String what = provider.name() + " " + type + " " + activation + " of " + x.get(0, i);
                            double expected = activation.apply(x.get(0, i));
                            assertThat(y.get(0, i)).as(what).isCloseTo(type == Type.F32 ? (float) expected : expected, close);
                            assertThat(slope.get(0, i)).as(what).isCloseTo(slopeAtInfinity(activation, far[i] > 0), close);
                            assertThat(activation.derivative(x.get(0, i))).as(what)
                                    .isCloseTo(slopeAtInfinity(activation, far[i] > 0), close);
                        }
                        assertThat(y.get(0, far.length)).isNaN();
                        assertThat(activation == Activation.IDENTITY || Double.isNaN(slope.get(0, far.length))).isTrue();
                        for (int i = far.length + 1; i < 14; i++) {
                            assertNear(activation, type, x.get(0, i), y.get(0, i), false);
                            assertNear(activation, type, x.get(0, i), slope.get(0, i), true);
                        }
                    }
                }
            }
        }
    }

    private static double slopeAtInfinity(Activation activation, boolean positive) {
        return switch (activation) {
            case IDENTITY -> 1;
            case LEAKY_RELU -> positive ? 1 : 0.01;
            case TANH, SIGMOID -> 0;
            case RELU, SOFTPLUS, GELU_TANH, GELU, SILU -> positive ? 1 : 0;
        };
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void theEpilogueActivatesAndKeepsTheSlope(Activation activation) {
        int n = 77;
        int batch = 9;
        for (Type type : Type.values()) {
            for (int threads : new int[] {1, 2, 3, 7}) {
                try (Engine engine = Engines.named("simd", threads);
                        Block w = Reference.random(type, n, n, 1);
                        Weights packed = engine.pack(w);
                        Block bias = Reference.random(type, 1, n, 2);
                        Block z = Reference.random(type, batch, n, 3);
                        Block linear = engine.allocate(type, batch, n);
                        Block expected = engine.allocate(type, batch, n);
                        Block expectedSlope = engine.allocate(type, batch, n);
                        Block out = Reference.padded(type, batch, n);
                        Block slope = Reference.padded(type, batch, n);
                        Block finished = Reference.padded(type, batch, n);
                        Block one = engine.allocate(type, 1, n);
                        Block oneOut = engine.allocate(type, 1, n);
                        Block oneSlope = engine.allocate(type, 1, n)) {
                    engine.apply(packed, z, linear, Epilogue.of(bias, Activation.IDENTITY));
                    engine.activate(activation, linear, expected);
                    engine.derivative(activation, linear, expectedSlope);
                    engine.apply(packed, z, out, Epilogue.of(bias, activation).with(slope));
                    double[] values = expected.toDoubles();
                    double[] slopes = expectedSlope.toDoubles();
                    assertThat(out.toDoubles()).as("%s in the epilogue", activation).isEqualTo(values);
                    assertThat(slope.toDoubles()).as("slope").isEqualTo(slopes);
                    assertThat(Reference.paddingIsNaN(out) && Reference.paddingIsNaN(slope)).as("padding untouched").isTrue();
                    finished.copyFrom(linear);
                    engine.finish(z, finished, Epilogue.of(null, activation));
                    assertThat(finished.toDoubles()).as("finish").isEqualTo(values);
                    for (int p = 0; p < batch && threads == 1; p++) {
                        one.copyRow(z, p, 0);
                        engine.apply(packed, one, oneOut, Epilogue.of(bias, activation).with(oneSlope));
                        assertThat(oneOut.toDoubles()).as("alone").isEqualTo(java.util.Arrays.copyOfRange(values, p * n, (p + 1) * n));
                        assertThat(oneSlope.toDoubles()).as("slope alone")
                                .isEqualTo(java.util.Arrays.copyOfRange(slopes, p * n, (p + 1) * n));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void nothingAllocates(Activation activation) {
        var counter = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        for (Type type : Type.values()) {
            try (Engine engine = Engines.named("simd", 1);
                    Block w = Reference.random(type, 96, 16, 1);
                    Weights packed = engine.pack(w);
                    Block z = Reference.random(type, 6, 16, 2);
                    Block x = Reference.random(type, 6, 96, 3);
                    Block out = engine.allocate(type, 6, 96);
                    Block slope = engine.allocate(type, 6, 96)) {
                Epilogue epilogue = Epilogue.of(null, activation).with(slope);
                long bytes = Long.MAX_VALUE;
                for (int attempt = 0; attempt < 5000 && bytes > 0; attempt++) {
                    long before = counter.getCurrentThreadAllocatedBytes();
                    for (int i = 0; i < 20; i++) {
                        engine.apply(packed, z, out, epilogue);
                        engine.activate(activation, x, out);
                        engine.derivative(activation, x, out);
                        engine.secondDerivative(activation, x, out);
                    }
                    bytes = counter.getCurrentThreadAllocatedBytes() - before;
                }
                assertThat(bytes).as("bytes per 20 rounds of %s, %s", activation, type).isZero();
            }
        }
    }

    /** The largest and the smallest numbers, zeros of both signs, NaN and infinities, against the formulas in f64. */
    @ParameterizedTest
    @EnumSource(Type.class)
    void theEndsOfTheRange(Type type) {
        double most = type == Type.F32 ? Float.MAX_VALUE : Double.MAX_VALUE;
        double normal = type == Type.F32 ? Float.MIN_NORMAL : Double.MIN_NORMAL;
        double least = type == Type.F32 ? Float.MIN_VALUE : Double.MIN_VALUE;
        double[] values = {
            0, -0.0, least, -least, 3 * least, normal, -normal, 0.7 * normal, -1e-30, 1e-30, 15, -15, 80, -80, 90, -90, 105, -105,
            720, -720, 760, -760, 1e4, -1e4, 1e10, -1e10, 1e30, -1e30, most / 2, -most / 2, most, -most, Double.POSITIVE_INFINITY,
                    Double.NEGATIVE_INFINITY, Double.NaN
        };
        for (EngineProvider provider : Reference.available()) {
            for (Activation activation : Activation.values()) {
                try (Engine engine = provider.create(1);
                        Block x = Block.of(type, 1, values.length, values);
                        Block y = Block.allocate(type, 1, values.length);
                        Block slope = Block.allocate(type, 1, values.length)) {
                    engine.activate(activation, x, y);
                    engine.derivative(activation, x, slope);
                    for (int i = 0; i < values.length; i++) {
                        String what = provider.name() + ": " + activation + " of " + x.get(0, i);
                        double value = activation.apply(x.get(0, i));
                        assertEnd(what, y.get(0, i), value, Math.abs(value), type, normal);
                        double derivative = activation.derivative(x.get(0, i));
                        double size = activation == Activation.TANH ? 1 : Math.abs(derivative);
                        assertEnd(what + ", derivative", slope.get(0, i), derivative, size, type, normal);
                    }
                }
            }
        }
        for (Activation activation : Activation.values()) {
            boolean bounded = activation == Activation.TANH || activation == Activation.SIGMOID;
            assertThat(activation.apply(Double.MAX_VALUE)).as("%s", activation).isEqualTo(bounded ? 1 : Double.MAX_VALUE);
            assertThat(activation.apply(Double.NaN)).isNaN();
            if (activation != Activation.IDENTITY && activation != Activation.LEAKY_RELU) {
                assertThat(activation.apply(-Double.MAX_VALUE)).as("%s", activation).isEqualTo(activation == Activation.TANH ? -1 : 0);
                assertThat(activation.derivative(-Double.MAX_VALUE)).as("%s", activation).isZero();
            }
        }
    }

    /** Within 16 u of {@code size}, or below the smallest normal number where an exponential may count as 0. */
    private static void assertEnd(String what, double actual, double exact, double size, Type type, double normal) {
        double rounded = type == Type.F32 ? (float) exact : exact;
        if (Double.isNaN(rounded) || Double.isInfinite(rounded)) {
            assertThat(Double.valueOf(actual)).as(what).isEqualTo(Double.valueOf(rounded));
        } else {
            // Factors of an exponential that counts as 0 are below 1000.
            assertThat(actual).as(what).isCloseTo(rounded,
                    org.assertj.core.data.Offset.offset(16 * type.unitRoundoff() * size + 1000 * normal));
            if (Math.abs(exact) >= 1000 * normal + 16 * type.unitRoundoff() * size) {
                assertThat(Math.signum(actual)).as(what).isEqualTo(Math.signum(exact));
            }
        }
    }
}
