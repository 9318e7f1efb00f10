package dev.zstar.solvers.training;

import dev.zstar.kernels.Type;
import dev.zstar.solvers.tensors.ElementType;
import dev.zstar.solvers.tensors.Tensor;
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
     * @param type that of the blocks that are read into
     * @param names the names of all tensors that are read
     * @param shape the shape of each
     * @param strict which other names the file may not have
     */
    static void require(
            Path path, TensorFile file, Type type, Set<String> names, Function<String, long[]> shape, Predicate<String> strict) {
        for (String name : names) {
            if (!file.contains(name)) {
                throw new IllegalArgumentException("load: " + path + " has no tensor '" + name + "', expected a checkpoint of this model");
            }
            requireNumbers(path, file.get(name), type);
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

    /** Integers are no values of parameters, and an f64 number may not be an f32 number. All others keep their values. */
    private static void requireNumbers(Path path, Tensor tensor, Type type) {
        boolean fits = switch (tensor.type()) {
            case F32, BF16, F16 -> true;
            case F64 -> type == Type.F64;
            case U64, I64, U32, I32, U16, I16, I8, U8, BOOL -> false;
        };
        if (!fits) {
            throw new IllegalArgumentException("load: tensor '" + tensor.name() + "' of " + path + " holds " + tensor.type()
                    + ", expected " + ElementType.of(type) + " as this checkpoint has");
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
