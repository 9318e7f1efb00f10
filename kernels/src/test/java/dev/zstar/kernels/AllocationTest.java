package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a constructor has allocated is closed unless it is kept. */
class AllocationTest {
    private final List<String> closed = new ArrayList<>();

    @Test
    void whatIsNotKeptIsClosedTheLastFirst() {
        try (Allocation allocation = new Allocation()) {
            AutoCloseable first = () -> closed.add("first");
            assertThat(allocation.add(first)).isSameAs(first);
            allocation.add(() -> closed.add("second"));
        }
        assertThat(closed).containsExactly("second", "first");
    }

    @Test
    void whatIsKeptStaysOpen() {
        try (Allocation allocation = new Allocation()) {
            allocation.add(() -> closed.add("first"));
            allocation.keep();
            allocation.add(() -> closed.add("second"));
        }
        assertThat(closed).containsExactly("second");
    }

    @Test
    void whatCannotBeClosedIsTheCause() {
        Exception cause = new Exception("busy");
        assertThatThrownBy(() -> {
            try (Allocation allocation = new Allocation()) {
                allocation.add(() -> {
                    throw cause;
                });
            }
        }).isInstanceOf(IllegalStateException.class).hasCause(cause);
    }
}
