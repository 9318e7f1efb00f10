package dev.zstar.benchmarks.study;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Rows;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * Counts the elements that a solver's operations read and write: an engine in front of another. Each operand of a call counts once, as it
 * does where rows fit the first-level cache and blocks do not. Copies of single rows between blocks are no operation of an engine, and not
 * counted.
 */
final class Traffic {
    private final Engine engine;
    private long elements;

    Traffic(Engine real) {
        engine = (Engine) Proxy.newProxyInstance(Engine.class.getClassLoader(), new Class<?>[] {Engine.class}, (proxy, method, arguments) -> {
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

    /** Elements so far. */
    long elements() {
        return elements;
    }

    private static long count(Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "allocate", "name", "threads", "close", "toString", "equals", "hashCode" -> 0;
            // z and g are read, r and its copy of g are written; of the others each is read, r being at hand.
            case "residualSweep" -> perRow(arguments, 0, 6, (b, n) -> 4 * n + (((int[]) arguments[5])[b] - 1) * n);
            case "mix" -> perRow(arguments, 3, 4, (b, n) -> (used(arguments, b) + 1) * n);
            case "multiAxpy" -> perRow(arguments, 3, 4, (b, n) -> (used(arguments, b) + 2) * n);
            case "multiDot" -> perRow(arguments, 2, 3, (b, n) -> ((int) arguments[1] + 1) * n);
            // Each vector counts once, though it is read twice: a row's vectors stay in a cache between the two.
            case "project" -> perRow(arguments, 2, 3, (b, n) -> ((int) arguments[1] + 2) * n);
            case "normalise" -> perRow(arguments, 0, 4, (b, n) -> 3 * n);
            case "axpby" -> 3L * size((Block) arguments[1]);
            case "norm" -> size((Block) arguments[0]);
            default -> throw new StudyException("nobody has said what " + method.getName() + " moves");
        };
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

    /** Vectors of row b whose coefficient is not 0: the others stay unread. */
    private static long used(Object[] arguments, int b) {
        int capacity = ((Basis) arguments[0]).capacity();
        double[] c = (double[]) arguments[2];
        long used = 0;
        for (int j = 0; j < (int) arguments[1]; j++) {
            used += c[b * capacity + j] != 0 ? 1 : 0;
        }
        return used;
    }

    private static long size(Block block) {
        return (long) block.rows() * block.cols();
    }
}
