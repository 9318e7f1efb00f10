package dev.zstar.solvers.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Rotary;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.parameters.Weight;
import dev.zstar.solvers.shapes.Shape;
import org.junit.jupiter.api.Test;

/** Operations refuse shapes that they do not take, when the cell is described, in one sentence. */
class CellShapesTest {
    private static final Shape IMAGE = Shape.image(4, 6, 3);
    private static final Shape TOKENS = Shape.tokens(5, 6);
    private static final Shape VECTOR = Shape.vector(7);
    private static final Shape PAIR = Shape.together(IMAGE, VECTOR);

    private static void refuses(Shape shape, Cell.Network network, String message) {
        assertThatThrownBy(() -> Cell.of(Type.F32, shape, TOKENS, network)).hasMessage(message);
    }

    @Test
    void convolutions() {
        refuses(TOKENS, (net, z, x) -> net.convolve("c", z, 3, 3, 1),
                "convolution c: the input is tokens(5, 6), expected image(height, width, channels)");
        refuses(IMAGE, (net, z, x) -> net.convolve("c", z, 3, 5, 1),
                "convolution c: the kernel is 5 and the stride 1, expected kernel 1 or 3, stride 1 or 2");
        refuses(IMAGE, (net, z, x) -> net.convolve("c", z, 0, 3, 1), "convolution c: the number of channels is 0, expected at least 1");
        refuses(IMAGE, (net, z, x) -> net.linear("w", z, 3),
                "product with w.weight 3×3: the input is image(4, 6, 3), expected a vector or tokens of width 3");
        refuses(IMAGE, (net, z, x) -> net.convolve("c", z, 3, 3, 2).plus(z),
                "plus: the inputs are image(2, 3, 3) and image(4, 6, 3), expected two of one shape");
    }

    @Test
    void resampling() {
        refuses(VECTOR, (net, z, x) -> z.upsample(2), "upsample: the input is vector(7), expected image(height, width, channels)");
        refuses(IMAGE, (net, z, x) -> z.upsample(0), "upsample: the factor is 0, expected at least 1");
        refuses(IMAGE, (net, z, x) -> z.downsample(4),
                "downsample: the input is image(4, 6, 3), expected a height and a width that are multiples of 4");
    }

    @Test
    void slicesAndConcatenations() {
        refuses(TOKENS, (net, z, x) -> z.slice(4, 3), "slice: the input is tokens(5, 6), expected a width of at least 4 + 3");
        refuses(TOKENS, (net, z, x) -> z.slice(-1, 3), "slice: the input is tokens(5, 6), expected a width of at least -1 + 3");
        refuses(TOKENS, (net, z, x) -> z.slice(0, 0), "slice: the number of elements is 0, expected at least 1");
        refuses(PAIR, (net, z, x) -> z.slice(0, 1),
                "slice: the input is together(image(4, 6, 3), vector(7)), expected one of its parts: value.part(i)");
        refuses(PAIR, (net, z, x) -> z.part(2), "part: part 2, expected 0 to 1");
        refuses(TOKENS, (net, z, x) -> z.part(0), "part: the input is tokens(5, 6), expected together(…)");
        refuses(TOKENS, (net, z, x) -> z.token(5), "token: token 5, expected 0 to 4");
        refuses(IMAGE, (net, z, x) -> z.meanOfTokens(), "mean of tokens: the input is image(4, 6, 3), expected tokens(count, width)");
        refuses(TOKENS, (net, z, x) -> z.reshape(VECTOR),
                "reshape: the input is tokens(5, 6) with 30 elements, expected 7 for vector(7)");
        refuses(TOKENS, (net, z, x) -> net.concatenate(), "concatenate: the number of values is 0, expected at least 1");
        refuses(TOKENS, (net, z, x) -> net.concatenate(z, z.token(1)),
                "concatenate: the inputs are tokens(5, 6) and vector(6), expected shapes that differ in their width only");
        refuses(PAIR, (net, z, x) -> net.concatenate(z, z),
                "concatenate: an input is together(image(4, 6, 3), vector(7)), expected vectors, tokens or images");
        refuses(TOKENS, (net, z, x) -> net.together(z, null), "together: value 1 is null");
    }

    @Test
    void tokensAndParameters() {
        refuses(VECTOR, (net, z, x) -> net.mixTokens("m", z, 3), "mix of tokens m: the input is vector(7), expected tokens(count, width)");
        refuses(TOKENS, (net, z, x) -> net.mixTokens("m", z, 0), "m.weight: the number of rows is 0, expected at least 1");
        refuses(TOKENS, (net, z, x) -> net.attention("a", z, Heads.heads(2).rotary(100, Rotary.Pairing.HALVES)),
                "rotary positions: the input is tokens(5, 6), expected a width that is a multiple of 2 · 2 heads");
        refuses(TOKENS, (net, z, x) -> net.attention("a", z, Heads.heads(1).rotary(0, Rotary.Pairing.HALVES)),
                "rotary positions: the base is 0.0, expected a finite number of at least 1");
        refuses(TOKENS, (net, z, x) -> net.dropout(z, 1), "dropout: the rate is 1.0, expected at least 0 and below 1");
        refuses(TOKENS, (net, z, x) -> net.scalar("s", z, Double.NaN), "scalar: the initial value is NaN, expected a finite number");
        refuses(TOKENS, (net, z, x) -> net.gain("g", null), "gain: the input is null");
        refuses(TOKENS, (net, z, x) -> net.gain("g", net.gain("g", z)),
                "g: there is a parameter of this name already, expected another name, or one weight(…) that is used twice");
    }

    @Test
    void namesAndMatrices() {
        refuses(TOKENS, (net, z, x) -> net.linear(null, z, 6), "linear: the name is null");
        refuses(TOKENS, (net, z, x) -> net.rmsNorm(null, z), "rmsNorm: the name is null");
        refuses(TOKENS, (net, z, x) -> net.layerNorm(null, z), "layerNorm: the name is null");
        refuses(TOKENS, (net, z, x) -> net.groupNorm(" ", z, 1), "groupNorm: the name is empty, expected letters");
        refuses(TOKENS, (net, z, x) -> net.attention(null, z, Heads.heads(1)), "attention: the name is null");
        refuses(TOKENS, (net, z, x) -> net.swiglu("", z, 4), "swiglu: the name is empty, expected letters");
        refuses(TOKENS, (net, z, x) -> net.product(net.weightNorm(null, 6, 6), z), "weightNorm: the name is null");
        refuses(TOKENS, (net, z, x) -> net.gain(null, z), "gain: the name is null");
        Weight[] kept = new Weight[1];
        Cell.of(Type.F32, TOKENS, (net, z, x) -> {
            kept[0] = net.weight("w", 6, 6);
            return z;
        });
        refuses(TOKENS, (net, z, x) -> net.product(kept[0], z),
                "product: w [6, 6] is not a parameter of this cell, expected a matrix that its net created");
        refuses(TOKENS, (net, z, x) -> {
            Weight w = net.spectralNorm("w", 6, 6, 1);
            Weight other = new Weight(w.parameter(), 0, 1, false, new Weight.Norm.Spectral(2));
            return net.product(w, z).plus(net.product(other, z));
        }, "product: w is normalised by Spectral[limit=2.0], and by Spectral[limit=1.0] in another product, expected one normalisation of "
                + "a parameter");
        refuses(Shape.vector(Integer.MAX_VALUE), (net, z, x) -> net.concatenate(z, z),
                "concatenate: the width of the result is 4294967294, expected less than 2³¹");
        refuses(IMAGE, (net, z, x) -> z.upsample(100_000),
                "upsample: the input is image(4, 6, 3) and the factor 100000, expected a result of fewer than 2³¹ elements");
        assertThatThrownBy(() -> Shape.together(VECTOR, null)).hasMessage("together: a part is null");
        assertThatThrownBy(() -> PAIR.withWidth(3)).hasMessage(
                "withWidth: the shape is together(image(4, 6, 3), vector(7)), expected one of its parts");
    }

    /** The type would round ε to 0 or to few digits. */
    @Test
    void epsilonIsANormalNumberOfTheType() {
        String tail = ", expected a normal number of the type f32";
        refuses(TOKENS, (net, z, x) -> net.rmsNorm("r", z, 1e-200), "r: ε is 1.0E-200" + tail);
        refuses(TOKENS, (net, z, x) -> net.layerNorm("l", z, 1e-40), "l: ε is 1.0E-40" + tail);
        refuses(TOKENS, (net, z, x) -> net.groupNorm("g", z, 2, 1e39), "g: ε is 1.0E39" + tail);
        refuses(TOKENS, (net, z, x) -> net.rmsNorm("r", z, 0), "r: ε is 0.0, expected a finite number above 0");
        assertThat(Cell.of(Type.F64, TOKENS, (net, z, x) -> net.rmsNorm("r", z, 1e-200)).n()).isEqualTo(30);
    }

    /** Nobody changes the descriptions of a cell. */
    @Test
    void descriptionsAreFixed() {
        Cell cell = Cell.of(Type.F32, TOKENS, (net, z, x) -> net.linear("w", z, 6));
        assertThatThrownBy(() -> cell.descriptions().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    /** Layer norm and group norm share an operation, but not its name. */
    @Test
    void normsAreCalledAsTheUserCallsThem() {
        Cell tokens = Cell.of(Type.F32, TOKENS, (net, z, x) -> net.layerNorm("n", z));
        assertThat(tokens.toString()).endsWith("layer norm n.weight " + TOKENS);
        Cell image = Cell.of(Type.F32, IMAGE, (net, z, x) -> net.groupNorm("n", z, 1));
        assertThat(image.toString()).endsWith("group norm n.weight " + IMAGE);
    }

    /** A product, its bias, the injected input, the residual and the activation are one operation. */
    @Test
    void convolutionsTakeUpWhatFollows() {
        Cell cell = Cell.of(Type.F32, IMAGE, (net, z, x) -> net.convolve("z", z, 3, 3, 1).plus(net.convolve("x", x, 3, 1, 1)).relu());
        assertThat(cell.toString().lines().skip(1))
                .containsExactly("  convolution with x.weight image(4, 6, 3)", "  convolution with z.weight image(4, 6, 3)");
    }
}
