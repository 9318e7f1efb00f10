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
                .hasMessage("row " + wrong + " at position 0, expected one of 4 rows at one of 4 positions");
        assertThatThrownBy(() -> rows.place(wrong, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> rows.index(wrong)).isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("position " + wrong + " of 4 active rows");
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
                        .hasMessage("store: the row map has row 2 at two positions, expected one for each row that is written");
                assertThat(v.block().toDoubles()).containsOnly(0);
                engine.mix(v, 1, new double[6], w, rows);
                assertThat(w.toDoubles()).containsExactly(0, 0);
                rows.place(1, 0);
                engine.store(w, ones, v, 0, rows);
            }
        }
    }
}
