package dev.zstar.kernels.misuse;

import dev.zstar.kernels.Basis;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Epilogue;
import dev.zstar.kernels.Failures;
import dev.zstar.kernels.Rows;
import dev.zstar.kernels.Type;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One right call: its operands by name, the memory they lie in, and the call itself. Every block is the middle third of a larger one, so
 * that what is written before or after it shows.
 */
final class Scene implements AutoCloseable {
    /** The call on the operands of this scene, some of them replaced by wrong ones. */
    interface Body {
        void run(Scene scene);
    }

    /** Two operands that may not share memory, or not partly. */
    private record Pair(String out, String input, boolean part) {}

    final Engine engine;
    final Random random;
    final Type type;
    final Map<String, Operand> operands = new LinkedHashMap<>();
    private final List<Pair> pairs = new ArrayList<>();
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final List<Block> memory = new ArrayList<>();
    private final List<Object> arrays = new ArrayList<>();
    private final Map<String, Object> replaced = new LinkedHashMap<>();
    private Body body;

    Scene(Engine engine, Random random) {
        this.engine = engine;
        this.random = random;
        this.type = random.nextBoolean() ? Type.F32 : Type.F64;
    }

    // ---- what a call is made of

    Type otherType() {
        return type == Type.F32 ? Type.F64 : Type.F32;
    }

    /** Mostly small: 1 to 9, sometimes beyond a vector or two. */
    int size() {
        return random.nextInt(4) > 0 ? 1 + random.nextInt(9) : 10 + random.nextInt(30);
    }

    @SafeVarargs
    final <T> T any(T... values) {
        return values[random.nextInt(values.length)];
    }

    int few() {
        return 1 + random.nextInt(4);
    }

    <T extends AutoCloseable> T own(T resource) {
        owned.add(resource);
        return resource;
    }

    Block fresh(Type type, int rows, int cols) {
        Block whole = own(Block.allocate(type, 3 * rows, cols));
        memory.add(whole);
        MemorySegment bytes = whole.segment();
        for (long at = 0; at < bytes.byteSize(); at += type.bytes()) {
            if (type == Type.F32) {
                bytes.set(ValueLayout.JAVA_FLOAT, at, (float) random.nextGaussian());
            } else {
                bytes.set(ValueLayout.JAVA_DOUBLE, at, random.nextGaussian());
            }
        }
        return whole.part(1, 3);
    }

    Block closedBlock(Type type, int rows, int cols) {
        Block closed = Block.allocate(type, rows, cols);
        closed.close();
        return closed;
    }

    Operand add(String name, Object right, String said) {
        Operand operand = new Operand(name, right, said);
        operands.put(name, operand);
        return operand;
    }

    /** A block, with its wrong forms: closed, of another type, a row or a column more or less. */
    Operand block(String name, int rows, int cols) {
        return block(name, rows, cols, name);
    }

    Operand block(String name, int rows, int cols, String said) {
        return maybe(name, rows, cols, said).notNull();
    }

    /** A block that may be null. */
    Operand maybe(String name, int rows, int cols) {
        return maybe(name, rows, cols, name);
    }

    private Operand maybe(String name, int rows, int cols, String said) {
        return add(name, fresh(type, rows, cols), said)
                .wrong("closed", closedBlock(type, rows, cols))
                .mismatch("of another type", fresh(otherType(), rows, cols))
                .mismatch("a row more", fresh(type, rows + 1, cols))
                .mismatch("a row less", fresh(type, rows - 1, cols))
                .mismatch("a column more", fresh(type, rows, cols + 1))
                .mismatch("a column less", fresh(type, rows, cols - 1));
    }

    Operand doubles(String name, int needed) {
        double[] right = random.doubles(needed).toArray();
        double[] little = new double[needed - 1];
        arrays.add(right);
        arrays.add(little);
        return add(name, right, name).notNull().wrong("too short", little).wrong("empty", new double[0]);
    }

    Operand ints(String name, int... right) {
        int[] little = new int[right.length - 1];
        arrays.add(right);
        arrays.add(little);
        return add(name, right, name).notNull().wrong("too short", little);
    }

    /** A number, its wrong values, and what messages call it. */
    Operand number(String name, int right, String said, int... wrong) {
        Operand operand = add(name, right, said);
        for (int value : wrong) {
            operand.wrong("of " + value, value);
        }
        return operand;
    }

    /** A basis for {@code batch} rows of {@code n} elements. */
    Operand basis(String name, int batch, int capacity, int n, String said) {
        return add(name, new Basis(fresh(type, batch * capacity, n), capacity), said)
                .notNull()
                .wrong("closed", new Basis(closedBlock(type, batch * capacity, n), capacity))
                .mismatch("of another type", new Basis(fresh(otherType(), batch * capacity, n), capacity))
                .mismatch("a column less", new Basis(fresh(type, batch * capacity, n - 1), capacity))
                .mismatch("a row less", new Basis(fresh(type, (batch - 1) * capacity, n), capacity));
    }

    /** A map of some rows of a batch. */
    Rows map(int capacity, int count) {
        Rows rows = new Rows(capacity);
        List<Integer> all = new ArrayList<>();
        for (int b = 0; b < capacity; b++) {
            all.add(b);
        }
        java.util.Collections.shuffle(all, random);
        for (int p = 0; p < count; p++) {
            rows.place(p, all.get(p));
        }
        rows.truncate(count);
        return rows;
    }

    Operand failures(String name, int systems) {
        return add(name, new Failures(systems), "failures").wrong("too small", new Failures(systems - 1));
    }

    void apart(String out, String... inputs) {
        for (String input : inputs) {
            pairs.add(new Pair(out, input, false));
        }
    }

    void apartOrSame(String out, String... inputs) {
        for (String input : inputs) {
            pairs.add(new Pair(out, input, true));
        }
    }

    void call(Body body) {
        this.body = body;
    }

    // ---- operands as the call sees them

    Object get(String name) {
        return replaced.containsKey(name) ? replaced.get(name) : operands.get(name).right;
    }

    Block b(String name) {
        return (Block) get(name);
    }

    double[] d(String name) {
        return (double[]) get(name);
    }

    int[] i(String name) {
        return (int[]) get(name);
    }

    int n(String name) {
        return (int) get(name);
    }

    Rows rows(String name) {
        return (Rows) get(name);
    }

    Basis basis(String name) {
        return (Basis) get(name);
    }

    void run() {
        body.run(this);
    }

    /** Runs with one operand replaced. */
    void runWith(Map<String, Object> wrong) {
        replaced.putAll(wrong);
        try {
            body.run(this);
        } finally {
            replaced.clear();
        }
    }

    /** Operands that share memory although they may not. */
    List<Map<String, Object>> overlaps() {
        List<Map<String, Object>> overlaps = new ArrayList<>();
        for (Pair pair : pairs) {
            Block out = memoryOf(operands.get(pair.out()));
            Block input = memoryOf(operands.get(pair.input()));
            if (out.cols() != input.cols()) {
                continue;
            }
            int r = out.rows();
            if (r == input.rows() && r > 1) {
                // Rows r … 2r - 1, and r + 1 … 2r.
                Block whole = fresh(type, r * (r + 1), out.cols());
                overlaps.add(both(pair, whole.part(1, r + 1), whole.part(1, r).head(r)));
            }
            if (!pair.part()) {
                Block whole = fresh(type, Math.max(r, input.rows()), out.cols());
                overlaps.add(both(pair, whole.head(r), whole.head(input.rows())));
            }
        }
        return overlaps;
    }

    private static Block memoryOf(Operand operand) {
        return operand.right instanceof Basis basis ? basis.block() : operand.block();
    }

    private Map<String, Object> both(Pair pair, Block out, Block input) {
        return Map.of(pair.out(), as(pair.out(), out), pair.input(), as(pair.input(), input));
    }

    private Object as(String name, Block block) {
        return operands.get(name).right instanceof Basis basis ? new Basis(block, basis.capacity()) : block;
    }

    // ---- all memory

    /** Every byte that a call could reach by its operands. */
    Object[] snapshot() {
        List<Object> all = new ArrayList<>();
        for (Block block : memory) {
            all.add(block.segment().toArray(ValueLayout.JAVA_BYTE));
        }
        for (Object array : arrays) {
            all.add(array instanceof double[] doubles ? doubles.clone() : ((int[]) array).clone());
        }
        for (Operand operand : operands.values()) {
            if (operand.right instanceof Epilogue.Norms norms) {
                double[] values = new double[2 * norms.capacity()];
                for (int p = 0; p < norms.capacity(); p++) {
                    values[2 * p] = norms.step(p);
                    values[2 * p + 1] = norms.value(p);
                }
                all.add(values);
            }
            if (operand.right instanceof Failures failures) {
                all.add(failures.count());
            }
        }
        return all.toArray();
    }

    static boolean equal(Object[] a, Object[] b) {
        return Arrays.deepEquals(a, b);
    }

    void restore(Object[] snapshot) {
        int at = 0;
        for (Block block : memory) {
            block.segment().copyFrom(MemorySegment.ofArray((byte[]) snapshot[at]));
            at++;
        }
        for (Object array : arrays) {
            Object from = snapshot[at++];
            System.arraycopy(from, 0, array, 0, java.lang.reflect.Array.getLength(array));
        }
        for (Operand operand : operands.values()) {
            if (operand.right instanceof Epilogue.Norms norms) {
                double[] values = (double[]) snapshot[at++];
                for (int p = 0; p < norms.capacity(); p++) {
                    norms.set(p, values[2 * p], values[2 * p + 1]);
                }
            }
            if (operand.right instanceof Failures failures) {
                at++;
                failures.clear();
            }
        }
    }

    @Override
    public void close() {
        for (AutoCloseable resource : owned.reversed()) {
            try {
                resource.close();
            } catch (Exception e) {
                throw new IllegalStateException("an operand could not be closed", e);
            }
        }
    }
}
