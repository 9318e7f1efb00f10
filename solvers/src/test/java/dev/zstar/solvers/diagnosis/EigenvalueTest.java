package dev.zstar.solvers.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** The rate of damped steps that follows from an eigenvalue, held to the multiplication {@code 1 - β (1 - λ)} itself. */
class EigenvalueTest {
    @Test
    void theLargestDampingIsWhereTheFactorReachesOne() {
        for (double re : new double[] {-3, -1.3, 0, 0.5, 0.99}) {
            for (double im : new double[] {0, 0.2, 4}) {
                Eigenvalue value = new Eigenvalue(re, im, 0);
                double limit = value.largestDamping();
                assertThat(value.factor(limit)).as("%s", value).isCloseTo(1, within(1e-12));
                assertThat(value.factor(0.9 * limit)).as("%s", value).isLessThan(1);
                assertThat(value.factor(1.1 * limit)).as("%s", value).isGreaterThan(1);
            }
        }
    }

    @Test
    void noDampingHelpsWhereTheRealPartIsOneOrMore() {
        for (Eigenvalue value : new Eigenvalue[] {new Eigenvalue(1, 0.5, 0), new Eigenvalue(1.4, 0, 0)}) {
            assertThat(value.largestDamping()).isZero();
            for (double β : new double[] {1e-3, 0.5, 1}) {
                assertThat(value.factor(β)).isGreaterThan(1);
            }
        }
    }

    @Test
    void rounding() {
        assertThat(new Eigenvalue(-0.5, 1e-5, 0).turns()).isFalse();
        assertThat(new Eigenvalue(-0.5, 0.01, 0).turns()).isTrue();
        assertThat(new Eigenvalue(0.5, 0, 0)).hasToString("0.500");
        assertThat(new Eigenvalue(3, 4, 0)).hasToString("3.00 ± 4.00i");
        assertThat(new Eigenvalue(0.5, 0, 0.1)).as("a residual that shows").hasToString("0.500 (to within 0.1)");
        assertThat(new Eigenvalue(3, 4, 0).modulus()).isEqualTo(5);
    }
}
