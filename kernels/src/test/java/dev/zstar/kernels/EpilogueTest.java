package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Epilogues, norms and bases are checked where they are made. */
class EpilogueTest {
    @Test
    void anEpilogueHasAnActivation() {
        assertThatThrownBy(() -> Epilogue.of(null, null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("an epilogue: the activation is null; IDENTITY leaves the sum as it is");
        assertThatThrownBy(() -> new Epilogue.Norms(-1)).hasMessage("norms of -1 rows");
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

    @Test
    void aBasisHoldsWholeRows() {
        try (Block block = Block.allocate(Type.F32, 5, 2)) {
            assertThatThrownBy(() -> new Basis(block, 2)).hasMessage("a basis of 2 vectors a row in a block of 5×2 f32");
            assertThatThrownBy(() -> new Basis(null, 2)).hasMessage("a basis: its block is null");
        }
    }

    @Test
    void failuresAreAskedForSystemsThatThereAre() {
        Failures failures = new Failures(3);
        failures.mark(0, 0b100);
        assertThat(failures.failed(2)).isTrue();
        assertThatThrownBy(() -> failures.failed(3)).hasMessage("system 3 of at most 3");
        assertThatThrownBy(() -> failures.next(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
