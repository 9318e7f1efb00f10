package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * Counts the elements that the operations of a solver read and write, as an engine in front of another. Each operand of a call counts once,
 * as it does if a row fits the first-level cache and a block does not. Copies of single rows between blocks are not operations of an
 * engine, and are not counted.
 */
final class Traffic {
    private final Engine engine;
    private long elements;

    Traffic(Engine real) {
        Class<?>[] faces = {Engine.class};
        engine = (Engine) Proxy.newProxyInstance(Engine.class.getClassLoader(), faces, (proxy, method, arguments) -> {
            elements += count(method, arguments);
            try {
                return method.invoke(real, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    /** The engine to plan with. */
    Engine engine() {
        return engine;
    }

    /** The elements that were moved so far. */
    long elements() {
        return elements;
    }

    private static long count(Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "allocate", "name", "threads", "reproducible", "cachePerThread", "parallel", "close", "toString", "equals",
                    "hashCode" -> 0;
            case "residualSweep" -> perRow(arguments, 0, 6, (b, n) -> residualSweep(((int[]) arguments[5])[b]) * n);
            case "mix" -> perRow(arguments, 3, 4, (b, n) -> (used(arguments, b) + 1) * n);
            // The vector in the slot is read in any case.
            case "mixAround" -> perRow(arguments, 3, 4, (b, n) -> ((int[]) arguments[1])[b] < 0 ? 0 : (others(arguments, b) + 2) * n);
            case "multiAxpy" -> perRow(arguments, 3, 4, (b, n) -> (used(arguments, b) + 2) * n);
            case "multiDot" -> perRow(arguments, 2, 3, (b, n) -> ((int) arguments[1] + 1) * n);
            // Each vector is read twice, but counts once, since the vectors of a row stay in a cache in between.
            case "project" -> perRow(arguments, 2, 3, (b, n) -> ((int) arguments[1] + 2) * n);
            case "normalise" -> perRow(arguments, 0, 4, (b, n) -> 3 * n);
            case "axpby" -> 3L * size((Block) arguments[1]);
            case "norm" -> size((Block) arguments[0]);
            default -> throw new StudyException(
                    "the elements that Engine." + method.getName() + " moves are not known; expected a case for it in Traffic");
        };
    }

    /** z and g are read, r and a copy of g are written, unless nothing is kept. The other vectors are read; r is at hand. */
    private static long residualSweep(int count) {
        return count == 0 ? 2 : 3 + count;
    }

    private interface Count {
        long of(int b, long n);
    }

    private static long perRow(Object[] arguments, int block, int map, Count count) {
        Rows rows = (Rows) arguments[map];
        long sum = 0;
        for (int p = 0; p < rows.count(); p++) {
            sum += count.of(rows.index(p), ((Block) arguments[block]).cols());
        }
        return sum;
    }

    /** The vectors of row b with a coefficient other than 0. The others are not read. */
    private static long used(Object[] arguments, int b) {
        int capacity = ((Basis) arguments[0]).capacity();
        double[] c = (double[]) arguments[2];
        long used = 0;
        for (int j = 0; j < (int) arguments[1]; j++) {
            used += c[b * capacity + j] != 0 ? 1 : 0;
        }
        return used;
    }

    /** The coefficients of row b other than that of its slot which are not 0. */
    private static long others(Object[] arguments, int b) {
        int capacity = ((Basis) arguments[0]).capacity();
        double[] c = (double[]) arguments[2];
        long others = 0;
        for (int j = 0; j < capacity; j++) {
            others += j != ((int[]) arguments[1])[b] && c[b * capacity + j] != 0 ? 1 : 0;
        }
        return others;
    }

    private static long size(Block block) {
        return (long) block.rows() * block.cols();
    }
}
