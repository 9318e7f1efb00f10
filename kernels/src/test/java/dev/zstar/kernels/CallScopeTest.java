package dev.zstar.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Closing what another thread computes on, and what threads leave behind. */
class CallScopeTest {
    @Test
    void memoryIsFreedWhenTheLastCallHasLeft() throws InterruptedException {
        Block block = Block.allocate(Type.F32, 8, 100);
        block.fill(3);
        long held = Reclamation.held().get();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        AtomicReference<Object> seen = new AtomicReference<>();
        Thread inside = new Thread(() -> {
            CallScope call = CallScope.enter();
            try {
                block.requireOpen();
                entered.countDown();
                closed.await();
                // A kernel reads only by the address, without any check.
                seen.set(block.segment().scope().isAlive());
            } catch (InterruptedException e) {
                seen.set(e);
            } finally {
                call.close();
            }
        });
        inside.start();
        entered.await();
        block.close();
        assertThat(block.closed()).isTrue();
        assertThat(Reclamation.held()).as("still held").hasValue(held);
        closed.countDown();
        inside.join();
        assertThat(seen.get()).isEqualTo(true);
        assertThat(block.segment().scope().isAlive()).isFalse();
        assertThat(Reclamation.held()).hasValue(held - block.bytes());
    }

    @Test
    void aCallThatBeganAfterTheBlockWasClosedHoldsNothing() {
        CallScope call = CallScope.enter();
        Block block = Block.allocate(Type.F32, 1, 1);
        block.close();
        assertThat(block.segment().scope().isAlive()).as("this thread is inside").isTrue();
        call.close();
        assertThat(block.segment().scope().isAlive()).isFalse();
    }

    /** In a separate JVM, which a wild read would end. */
    @Test
    void closingUnderAnothersFeetIsAnExceptionOrARightResult() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow()));
        // This JVM's modules and patches, without an agent's port or a debugger's.
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-agentlib") && !flag.startsWith("-javaagent"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "-XX:ErrorFile=/dev/null"));
        if (System.getProperty("jdk.module.path") != null) {
            command.addAll(List.of("-p", System.getProperty("jdk.module.path"), "-m", "dev.zstar.kernels/" + Closing.class.getName()));
        } else {
            command.add(Closing.class.getName());
        }
        Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(child.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(child.waitFor()).as(output).isZero();
        assertThat(output).contains("right results");
    }

    @Test
    void virtualThreadsLeaveNothingBehind() throws InterruptedException {
        for (EngineProvider provider : Reference.available()) {
            try (Engine engine = provider.create(1);
                    Block w = Reference.random(Type.F32, 33, 33, 1);
                    Weights narrow = engine.pack(w, Format.BF16);
                    Block q = Reference.random(Type.F32, 32, 64, 2);
                    Block z = Reference.random(Type.F32, 2, 33, 3)) {
                int threads = 10_000;
                CountDownLatch called = new CountDownLatch(threads);
                AtomicInteger failed = new AtomicInteger();
                List<Thread> all = new ArrayList<>();
                long before = 0;
                for (int t = 0; t < threads; t++) {
                    if (t == 100) {
                        // What the pool and a few threads need is there by now.
                        before = used();
                    }
                    all.add(Thread.ofVirtual().start(() -> {
                        try (Block out = Block.allocate(Type.F32, 2, 33);
                                Block attended = Block.allocate(Type.F32, 32, 64)) {
                            engine.apply(narrow, z, out, Epilogue.of(null, Activation.TANH));
                            engine.layers().attention(q, q, q, 32, 2, false, attended, new double[64]);
                        } catch (RuntimeException e) {
                            failed.incrementAndGet();
                        }
                        called.countDown();
                        LockSupport.park();
                    }));
                }
                called.await();
                // 10,000 scratch areas of this sequence would be 300 MB; a parked thread itself takes one or two KiB.
                assertThat(used() - before).as("bytes of %d threads that live on", threads).isLessThan(threads * 8192L);
                all.forEach(LockSupport::unpark);
                for (Thread thread : all) {
                    thread.join();
                }
                assertThat(failed).hasValue(0);
            }
        }
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory() + Reclamation.held().get();
    }
}
