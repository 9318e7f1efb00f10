package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A value is made once for each call scope. */
class CallLocalTest {
    @Test
    void aThreadFindsTheSameValueInEveryCall() throws InterruptedException {
        AtomicInteger made = new AtomicInteger();
        CallLocal<int[]> local = new CallLocal<>(() -> new int[] {made.incrementAndGet()});
        int[] own = local.get();
        try (CallScope call = CallScope.enter()) {
            assertThat(local.of(call)).isSameAs(own);
            assertThat(local.get()).isSameAs(own);
        }
        int[][] other = new int[1][];
        Thread thread = new Thread(() -> other[0] = local.get());
        thread.start();
        thread.join();
        assertThat(other[0]).isNotSameAs(own);
        assertThat(made).hasValue(2);
    }

    @Test
    void manyValuesFindRoom() {
        try (CallScope call = CallScope.enter()) {
            for (int i = 0; i < 100; i++) {
                Object value = new Object();
                CallLocal<Object> local = new CallLocal<>(() -> value);
                assertThat(local.of(call)).isSameAs(value);
                assertThat(local.of(call)).isSameAs(value);
            }
        }
    }

    @Test
    void aVirtualThreadOutsideACallKeepsNothing() throws InterruptedException {
        CallLocal<Object> local = new CallLocal<>(Object::new);
        List<Object> found = new ArrayList<>();
        Thread.ofVirtual().start(() -> {
            found.add(local.get());
            found.add(local.get());
            try (CallScope call = CallScope.enter()) {
                found.add(local.get());
                found.add(local.of(call));
            }
        }).join();
        assertThat(found.get(1)).isNotSameAs(found.get(0));
        assertThat(found.get(3)).isSameAs(found.get(2));
    }
}
