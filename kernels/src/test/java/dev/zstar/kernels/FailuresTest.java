package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Which systems of a batch failed. */
class FailuresTest {
    @Test
    void failuresAreAskedForSystemsThatThereAre() {
        Failures failures = new Failures(3);
        failures.mark(0, 0b100);
        assertThat(failures.failed(2)).isTrue();
        assertThatThrownBy(() -> failures.failed(3)).hasMessage("failed: system 3, expected 0 to 2");
        assertThatThrownBy(() -> failures.next(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> failures.mark(3, 1)).hasMessage("mark: system 3, expected 0 to 2");
        assertThat(new Failures(Integer.MAX_VALUE).failed(Integer.MAX_VALUE - 1)).isFalse();
        assertThatThrownBy(() -> new Failures(-1)).hasMessage("failures of a batch of -1 systems, expected at least 0");
    }

    @Test
    void failuresAreCountedAndFoundInOrder() {
        Failures failures = new Failures(200);
        failures.mark(0, 1L << 63);
        failures.mark(64, 1);
        failures.mark(192, 0b10000000);
        assertThat(failures.count()).isEqualTo(3);
        assertThat(failures.next(0)).isEqualTo(63);
        assertThat(failures.next(64)).isEqualTo(64);
        assertThat(failures.next(65)).isEqualTo(199);
        assertThat(failures.next(200)).isEqualTo(-1);
        assertThat(failures.failed(62)).isFalse();
        failures.clear();
        assertThat(failures.count()).isZero();
        assertThat(failures.next(0)).isEqualTo(-1);
    }
}
