package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every entry is a row of the batch, whatever the owner does. */
class RowsTest {
    @ParameterizedTest
    @ValueSource(ints = {-1, 4, 1 << 20, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void noIndexOutsideTheBatchIsPlaced(int wrong) {
        Rows rows = new Rows(4);
        assertThatThrownBy(() -> rows.place(0, wrong)).isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("place: row " + wrong + " at position 0, expected a row from 0 to 3 at one of the first 4 positions");
        assertThatThrownBy(() -> rows.place(wrong, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> rows.index(wrong)).isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("index: position " + wrong + " of 4 active rows, expected 0 to 3");
        for (int p = 0; p < 4; p++) {
            assertThat(rows.index(p)).isEqualTo(p);
        }
    }

    @Test
    void positionsEndWithTheActiveRows() {
        Rows rows = new Rows(4);
        rows.place(0, 3);
        rows.truncate(1);
        assertThat(rows.index(0)).isEqualTo(3);
        assertThatThrownBy(() -> rows.index(1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> rows.place(1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        rows.append(1);
        assertThat(rows.index(1)).isEqualTo(1);
    }

    @Test
    void aWrongCallSaysWhatWasExpected() {
        Rows rows = new Rows(2);
        assertThatThrownBy(() -> rows.append(0)).hasMessage(
                "append: row 0 after 2 active rows, expected a row from 0 to 1 and fewer than 2 active rows");
        assertThatThrownBy(() -> rows.truncate(3)).hasMessage("truncate: 3 active rows, expected 0 to 2");
        assertThatThrownBy(() -> rows.reset(3)).hasMessage("reset: 3 active rows, expected 0 to 2");
        assertThatThrownBy(() -> rows.copyFrom(null)).isInstanceOf(NullPointerException.class)
                .hasMessage("copyFrom: the other map is null");
        assertThatThrownBy(() -> rows.copyFrom(new Rows(3))).hasMessage("copyFrom: 3 active rows, expected at most 2");
        rows.truncate(0);
        assertThatThrownBy(() -> rows.index(0)).hasMessage("index: position 0 of 0 active rows, expected none");
    }

    @Test
    void aRowAtTwoPositionsMayBeReadAndNotWritten() {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block w = Block.of(Type.F32, 2, 1, 5, 6);
                    Basis v = Basis.allocate(engine, Type.F32, 3, 2, 1)) {
                Rows rows = new Rows(3);
                rows.truncate(2);
                rows.place(0, 2);
                rows.place(1, 2);
                double[] ones = {1, 1, 1};
                assertThatThrownBy(() -> engine.store(w, ones, v, 0, rows))
                        .hasMessage("store: rows has row 2 at two positions, expected one for each row that is written");
                assertThat(v.block().toDoubles()).containsOnly(0);
                engine.mix(v, 1, new double[6], w, rows);
                assertThat(w.toDoubles()).containsExactly(0, 0);
                rows.place(1, 0);
                engine.store(w, ones, v, 0, rows);
            }
        }
    }
}
