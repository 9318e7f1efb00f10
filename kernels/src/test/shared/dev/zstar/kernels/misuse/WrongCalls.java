package dev.zstar.kernels.misuse;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Images;
import dev.zstar.kernels.Layers;
import dev.zstar.kernels.SmallMatrices;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Starts from right calls of random shapes and breaks one thing. Each wrong call must throw one of four exceptions with a sentence that
 * names an operand, change no byte of any operand or around it, and leave nothing behind for the calls after it.
 *
 * <p>The number of wrong calls is the property {@code zstar.misuse}, 20,000 unless it is set.
 */
public final class WrongCalls implements AutoCloseable {
    /** Methods without an operand that could be wrong. */
    private static final Set<String> NO_OPERANDS = Set.of("name", "threads", "cachePerThread", "reproducible", "layers", "small", "images", "close");

    private static final List<Class<? extends Exception>> EXPECTED = List.of(
            IllegalArgumentException.class, IllegalStateException.class, IndexOutOfBoundsException.class, NullPointerException.class);

    private final Map<String, Consumer<Scene>> calls = new LinkedHashMap<>();
    private final Engine raw;
    private final Engine engine;
    private final Set<String> called = new ConcurrentSkipListSet<>();
    private final List<String> complaints = new ArrayList<>();
    private int made;

    /** Of one engine. */
    public WrongCalls(EngineProvider provider) {
        raw = provider.create(2);
        engine = recorded(Engine.class, raw);
        EngineCalls.addTo(calls);
        PartCalls.addTo(calls);
    }

    /** How many wrong calls a test makes. */
    public static int count() {
        return Integer.getInteger("zstar.misuse", 20_000);
    }

    /** Wrong calls made. */
    public int made() {
        return made;
    }

    /** What went wrong with wrong calls, at most twenty of them. */
    public List<String> complaints() {
        return complaints;
    }

    /** The methods of an engine and its parts that no right call has called: there should be none, or the table lacks an entry. */
    public Set<String> missing() {
        Set<String> missing = new TreeSet<>();
        Stream.of(Engine.class, Layers.class, Images.class, SmallMatrices.class)
                .flatMap(part -> Stream.of(part.getMethods()))
                .filter(method -> !NO_OPERANDS.contains(method.getName()))
                .forEach(method -> missing.add(signature(method)));
        missing.removeAll(called);
        return missing;
    }

    private static String signature(Method method) {
        return method.getDeclaringClass().getSimpleName() + "." + method.getName() + List.of(method.getParameterTypes());
    }

    private <T> T recorded(Class<T> part, T target) {
        return part.cast(Proxy.newProxyInstance(part.getClassLoader(), new Class<?>[] {part}, (proxy, method, arguments) -> {
            called.add(signature(method));
            try {
                return record(method.invoke(target, arguments));
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    private Object record(Object result) {
        return switch (result) {
            case Layers layers -> recorded(Layers.class, layers);
            case Images images -> recorded(Images.class, images);
            case SmallMatrices small -> recorded(SmallMatrices.class, small);
            case null, default -> result;
        };
    }

    /** Makes at least {@code count} wrong calls, the methods in turns. */
    public void run(int count, long seed) {
        for (long round = 0; made < count && complaints.size() < 20; round++) {
            for (Map.Entry<String, Consumer<Scene>> call : calls.entrySet()) {
                play(call.getKey(), call.getValue(), new Random(seed + 31 * round + call.getKey().hashCode()));
            }
        }
    }

    private void play(String name, Consumer<Scene> right, Random random) {
        try (Scene scene = new Scene(engine, random);
                Scene next = new Scene(engine, random)) {
            right.accept(scene);
            calls.get(random.nextBoolean() ? "copy" : "axpby by row").accept(next);
            Object[] before = scene.snapshot();
            Object[] nextBefore = next.snapshot();
            scene.run();
            next.run();
            Object[] after = scene.snapshot();
            Object[] nextAfter = next.snapshot();
            scene.restore(before);
            next.restore(nextBefore);
            for (Operand operand : scene.operands.values()) {
                for (Operand.Wrong wrong : operand.wrongs) {
                    Map<String, Object> given = new LinkedHashMap<>();
                    given.put(operand.name, wrong.value());
                    refuse(scene, name + ": " + operand.name + " " + wrong.what(), given, wrong.said(), before);
                }
                next.run();
                if (!Scene.equal(nextAfter, next.snapshot())) {
                    complain(name + ": after a wrong " + operand.name + " another call has other bits");
                }
                next.restore(nextBefore);
                scene.run();
                if (!Scene.equal(after, scene.snapshot())) {
                    complain(name + ": after a wrong " + operand.name + " the right call has other bits");
                }
                scene.restore(before);
            }
            // Made last, because they add to what is compared.
            List<Map<String, Object>> overlaps = scene.overlaps();
            before = scene.snapshot();
            for (Map<String, Object> overlap : overlaps) {
                refuse(scene, name + ": " + overlap.keySet() + " overlap", overlap, List.of("overlaps"), before);
            }
        } catch (Exception e) {
            complain(name + ": the right call failed: " + e);
        }
    }

    private void refuse(Scene scene, String what, Map<String, Object> wrong, List<String> said, Object[] before) {
        made++;
        try {
            scene.runWith(wrong);
            complain(what + " was accepted");
            scene.restore(before);
            return;
        } catch (Exception e) {
            String message = String.valueOf(e.getMessage());
            if (EXPECTED.stream().noneMatch(type -> type.isInstance(e))) {
                complain(what + " gave " + e);
            } else if (said.isEmpty() ? namesNone(message, scene) : said.stream().noneMatch(message::contains)) {
                complain(what + " gave a message without an operand's name: " + message);
            }
        }
        if (!Scene.equal(before, scene.snapshot())) {
            complain(what + " wrote something");
            scene.restore(before);
        }
    }

    private static boolean namesNone(String message, Scene scene) {
        return scene.operands.values().stream()
                .noneMatch(operand -> message.matches("(?s).*\\b(" + operand.name + "|" + operand.said + ")\\b.*"));
    }

    private void complain(String sentence) {
        if (complaints.size() < 20) {
            complaints.add(sentence);
        }
    }

    @Override
    public void close() {
        raw.close();
    }
}
