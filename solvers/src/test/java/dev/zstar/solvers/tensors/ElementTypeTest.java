package dev.zstar.solvers.tensors;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Numbers survive being written and read, and are rounded once, to nearest even. */
class ElementTypeTest {
    /** Every 16-bit number, and the numbers around the middle of it and the next. */
    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void sixteenBitsRoundToNearestEven(ElementType type) {
        for (int bits = 0; bits < 0x10000; bits++) {
            double value = type.decode(bits);
            if (Double.isNaN(value)) {
                assertThat(type.decode(type.encode(value))).isNaN();
                continue;
            }
            assertThat((short) type.encode(value)).isEqualTo((short) bits);
            double next = type.decode(bits + 1);
            if ((bits & 0x7FFF) == 0x7FFF || !Double.isFinite(value) || Double.isNaN(next)) {
                continue;
            }
            // The largest finite number is followed by the power of two that does not fit any more.
            double middle = Double.isInfinite(next) ? value + (value - type.decode(bits - 1)) / 2 : value + (next - value) / 2;
            double below = value < 0 ? Math.nextUp(middle) : Math.nextDown(middle);
            double above = value < 0 ? Math.nextDown(middle) : Math.nextUp(middle);
            if (bits == 0x8000) {
                below = -Math.nextDown(-middle);
                above = -Math.nextUp(-middle);
            }
            assertThat((short) type.encode(below)).as("%x", bits).isEqualTo((short) bits);
            assertThat((short) type.encode(above)).as("%x", bits).isEqualTo((short) (bits + 1));
            assertThat((short) type.encode(middle)).as("%x", bits).isEqualTo((short) (bits % 2 == 0 ? bits : bits + 1));
            assertThat(type.holds(below)).isTrue();
            assertThat(type.holds(above)).isEqualTo(!Double.isInfinite(next));
        }
    }

    @ParameterizedTest
    @EnumSource(ElementType.class)
    void whatATypeHoldsComesBack(ElementType type) {
        Random random = new Random(3);
        int held = 0;
        for (int i = 0; i < 100_000; i++) {
            double value = type.decode(random.nextLong() >> (64 - 8 * type.bytes()));
            if (type.holds(value) && !Double.isNaN(value)) {
                held++;
                assertThat(type.decode(type.encode(value))).isEqualTo(value);
            }
        }
        assertThat(held).isGreaterThan(90_000);
        boolean floating = type.name().contains("F");
        assertThat(type.holds(0.5)).isEqualTo(floating);
        assertThat(type.holds(Double.NaN)).isEqualTo(floating);
        assertThat(type.holds(Double.NEGATIVE_INFINITY)).isEqualTo(floating);
        assertThat(type.holds(-1)).isEqualTo(floating || type.name().startsWith("I"));
        assertThat(type.holds(1)).isTrue();
    }

    @Test
    void theRangesOfIntegersEndWhereTheyShould() {
        Object[][] ranges = {{ElementType.I8, -128.0, 127.0}, {ElementType.I16, -32768.0, 32767.0}, {ElementType.I32, -0x1p31, 0x1p31 - 1},
                {ElementType.I64, -0x1p63, Math.nextDown(0x1p63)}, {ElementType.U8, 0.0, 255.0}, {ElementType.U16, 0.0, 65535.0},
                {ElementType.U32, 0.0, 0x1p32 - 1}, {ElementType.U64, 0.0, Math.nextDown(0x1p64)}, {ElementType.BOOL, 0.0, 1.0}};
        for (Object[] range : ranges) {
            ElementType type = (ElementType) range[0];
            double least = (double) range[1];
            double most = (double) range[2];
            for (double value : new double[] {least, most}) {
                assertThat(type.holds(value)).as("%s %s", type, value).isTrue();
                assertThat(type.decode(type.encode(value))).as("%s %s", type, value).isEqualTo(value);
            }
            assertThat(type.holds(Math.min(least - 1, Math.nextDown(least)))).as(type.name()).isFalse();
            assertThat(type.holds(Math.max(most + 1, Math.nextUp(most)))).as(type.name()).isFalse();
        }
        assertThat(ElementType.U64.decode(-1)).isEqualTo(0x1p64);
        assertThat(ElementType.U64.decode(Long.MIN_VALUE | 0x401)).isEqualTo(0x1p63 + 2048);
    }

    @Test
    void namesOfNumpy() {
        for (ElementType type : ElementType.values()) {
            assertThat(ElementType.named(type.name())).isSameAs(type);
            if (type != ElementType.BF16) {
                assertThat(ElementType.ofNumpy(type.numpy())).isSameAs(type);
            }
        }
        assertThat(ElementType.ofNumpy("c8")).isNull();
        assertThat(ElementType.named("f32")).isNull();
    }
}
