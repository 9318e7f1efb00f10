package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Epilogues and norms are checked where they are made. */
class EpilogueTest {
    @Test
    void anEpilogueHasAnActivation() {
        assertThatThrownBy(() -> Epilogue.of(null, null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("an epilogue: the activation is null");
        assertThatThrownBy(() -> new Epilogue.Norms(-1)).hasMessage("norms of -1 rows, expected at least 0");
    }

    @Test
    void noneChangesNothing() {
        assertThat(Epilogue.NONE.isNone()).isTrue();
        Epilogue norms = Epilogue.NONE.with(new Epilogue.Norms(2));
        assertThat(norms.isNone()).isFalse();
        assertThat(norms.changesNothing()).isTrue();
        assertThat(Epilogue.of(null, Activation.RELU).changesNothing()).isFalse();
    }

    @Test
    void aRelativeResidualOfNothingIsZero() {
        Epilogue.Norms norms = new Epilogue.Norms(2);
        norms.set(1, 4, 16);
        assertThat(norms.relative(0)).isZero();
        assertThat(norms.relative(1)).isEqualTo(0.5);
    }
}
