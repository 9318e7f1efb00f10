package dev.zstar.solvers;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Team;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicReference;

/** An engine with threads that really run at once, whatever its host has, and with a cache of a given size. */
public final class ThreadedEngine {
    private ThreadedEngine() {}

    /** The engine of {@code host} with this many threads, for loops of pieces, and this much cache for each. */
    @SuppressWarnings("ReferenceEquality") // A proxy is equal to itself alone.
    public static Engine of(Engine host, int threads, long cache) {
        return (Engine) Proxy.newProxyInstance(Engine.class.getClassLoader(), new Class<?>[] {Engine.class}, (self, method, arguments) ->
                switch (method.getName()) {
                    case "threads" -> threads;
                    case "cachePerThread" -> cache;
                    case "parallel" -> {
                        run((int) arguments[0], (Team.Loop) arguments[1]);
                        yield null;
                    }
                    case "equals" -> self == arguments[0];
                    case "hashCode" -> System.identityHashCode(self);
                    default -> {
                        try {
                            yield method.invoke(host, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    }
                });
    }

    private static void run(int pieces, Team.Loop loop) throws Throwable {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread[] threads = new Thread[pieces];
        for (int i = 0; i < pieces; i++) {
            int piece = i;
            threads[i] = Thread.ofPlatform().start(() -> {
                try {
                    loop.run(piece, piece + 1);
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (failure.get() != null) {
            throw failure.get();
        }
    }
}
