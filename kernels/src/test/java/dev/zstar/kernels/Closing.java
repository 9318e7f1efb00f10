package dev.zstar.kernels;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** A program for {@link CallScopeTest}: some threads compute on blocks and weights that others close. */
final class Closing {
    private static final int N = 64;

    private Closing() {}

    /** A state, its image, and the weights between them. */
    private record Work(Block z, Block out, Weights w) {}

    public static void main(String[] args) throws InterruptedException {
        AtomicInteger right = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        AtomicReference<Throwable> wrong = new AtomicReference<>();
        for (EngineProvider provider : Engines.providers()) {
            if (provider.unavailable().isPresent()) {
                continue;
            }
            try (Engine engine = provider.create(2);
                    Block matrix = Block.allocate(Type.F32, N, N)) {
                matrix.fill(1);
                AtomicReference<Work> current = new AtomicReference<>(work(engine, matrix));
                long end = System.nanoTime() + 2_000_000_000L;
                Thread[] threads = new Thread[3];
                for (int t = 0; t < threads.length; t++) {
                    threads[t] = new Thread(() -> {
                        while (System.nanoTime() < end) {
                            Work work = current.get();
                            try {
                                compute(engine, work);
                                right.incrementAndGet();
                            } catch (IllegalStateException e) {
                                refused.incrementAndGet();
                            }
                        }
                    });
                    threads[t].setUncaughtExceptionHandler((thread, e) -> wrong.set(e));
                    threads[t].start();
                }
                while (System.nanoTime() < end) {
                    Work old = current.getAndSet(work(engine, matrix));
                    old.w().close();
                    old.z().close();
                    old.out().close();
                }
                for (Thread thread : threads) {
                    thread.join();
                }
                Work last = current.get();
                last.w().close();
                last.z().close();
                last.out().close();
            }
        }
        if (wrong.get() != null) {
            wrong.get().printStackTrace();
            System.exit(2);
        }
        if (Reclamation.held().get() != 0) {
            System.out.println(Reclamation.held() + " bytes are still held");
            System.exit(3);
        }
        System.out.println(right + " right results, " + refused + " refused");
    }

    private static Work work(Engine engine, Block matrix) {
        Block z = Block.allocate(Type.F32, 24, N);
        z.fill(1);
        return new Work(z, Block.allocate(Type.F32, 24, N), engine.pack(matrix));
    }

    /** Threads share {@code out}, and all write the same. */
    private static void compute(Engine engine, Work work) {
        engine.apply(work.w(), work.z(), work.out(), Epilogue.NONE);
        double[] sums = new double[24];
        engine.dot(work.z(), work.z(), sums);
        if (Arrays.stream(sums).anyMatch(sum -> sum != N)) {
            throw new AssertionError("sums of " + Arrays.toString(sums));
        }
        double value = work.out().get(23, N - 1);
        if (value != N) {
            throw new AssertionError("an element of " + value);
        }
    }
}
