package dev.zstar.solvers.training;

import dev.zstar.solvers.tensors.TensorFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;

/** Whether a file fits a {@link Checkpoint}, and the numbers in it. */
final class CheckpointFit {
    private CheckpointFit() {}

    /**
     * Throws unless the file has exactly these tensors.
     *
     * @param names the names of all tensors that are read
     * @param shape the shape of each
     * @param strict which other names the file may not have
     */
    static void require(Path path, TensorFile file, Set<String> names, Function<String, long[]> shape, Predicate<String> strict) {
        for (String name : names) {
            if (!file.contains(name)) {
                throw new IllegalArgumentException("load: " + path + " has no tensor '" + name + "', expected a checkpoint of this model");
            }
            long[] found = file.get(name).shape();
            if (!Arrays.equals(found, shape.apply(name))) {
                throw new IllegalArgumentException("load: tensor '" + name + "' of " + path + " has the shape " + Arrays.toString(found)
                        + ", expected " + Arrays.toString(shape.apply(name)));
            }
        }
        for (String name : file.names()) {
            if (strict.test(name) && !names.contains(name)) {
                throw new IllegalArgumentException("load: " + path + " has a tensor '" + name
                        + "', which has no place in this checkpoint, expected a checkpoint of this model");
            }
        }
    }

    /** A number that must be there. */
    static long count(Path path, TensorFile file, String name) {
        String text = file.metadata().getOrDefault(name, "missing");
        Long count = number(text);
        if (count == null || count < 0) {
            throw new IllegalArgumentException("load: the number '" + name + "' of " + path + " is " + text
                    + ", expected a whole number of at least 0");
        }
        return count;
    }

    /** The user's numbers: all whole numbers whose names have no dot. */
    static Map<String, Long> numbers(TensorFile file) {
        Map<String, Long> numbers = new TreeMap<>();
        file.metadata().forEach((name, text) -> {
            Long number = number(text);
            if (number != null && !name.contains(".")) {
                numbers.put(name, number);
            }
        });
        return numbers;
    }

    private static Long number(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
