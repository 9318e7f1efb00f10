package dev.zstar.reports;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.reports.terminal.Shown;
import dev.zstar.solvers.tensors.ElementType;
import dev.zstar.solvers.tensors.MalformedFileException;
import dev.zstar.solvers.tensors.Tensor;
import dev.zstar.solvers.tensors.TensorFile;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads a square matrix from a file of tensors: npy, npz or safetensors. */
final class WeightsTensor {
    private static final List<String> ENDINGS = List.of(".npy", ".npz", ".safetensors");
    private static final Set<ElementType> FLOATING = EnumSet.of(ElementType.F64, ElementType.F32, ElementType.F16, ElementType.BF16);
    /** The most names of tensors in a message. */
    private static final int SHOWN = 5;
    /** The most characters of a name in a message. */
    private static final int NAME = 60;

    private WeightsTensor() {}

    /** Whether the name of the file says that it holds tensors. */
    static boolean isNamed(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        return ENDINGS.stream().anyMatch(name::endsWith);
    }

    /**
     * Reads the matrix, rounded to f32.
     *
     * @param name the tensor; null for the only square matrix of the file
     * @throws IllegalArgumentException if there is no such matrix; the message says what there is
     */
    static Block read(Path file, String name) {
        if (Files.isDirectory(file)) {
            throw refused(file, "it is a folder; expected a file of tensors");
        }
        try (TensorFile tensors = TensorFile.open(file)) {
            Tensor tensor = name == null ? only(file, tensors) : named(file, tensors, name);
            requireFloats(file, tensor);
            long n = tensor.shape()[0];
            if (n != (int) n) {
                throw refused(file, "tensor " + described(tensor) + "; expected fewer than 2³¹ rows");
            }
            Limits.requireMemory("W of " + n + " rows in " + file, Block.bytes(Type.F32, (int) n, (int) n));
            Block w = tensor.toBlock(Type.F32);
            try {
                requireFinite(file, tensor, w);
                return w;
            } catch (RuntimeException e) {
                w.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw refused(file, "there is no such file; expected a file of tensors");
        } catch (AccessDeniedException e) {
            throw refused(file, "permission denied; expected a readable file");
        } catch (MalformedFileException e) {
            throw new IllegalArgumentException("the weights " + Shown.of(e.getMessage(), 300), e);
        } catch (IOException e) {
            throw refused(file, "it cannot be read (" + e.getClass().getSimpleName() + "); expected a file of tensors");
        }
    }

    private static Tensor named(Path file, TensorFile tensors, String name) {
        if (!tensors.contains(name)) {
            throw refused(file, "it has no tensor '" + Shown.of(name, NAME) + "'; expected " + list(tensors));
        }
        Tensor tensor = tensors.get(name);
        if (!isSquare(tensor)) {
            throw refused(file, "tensor " + described(tensor) + "; expected a square matrix");
        }
        return tensor;
    }

    private static Tensor only(Path file, TensorFile tensors) {
        List<Tensor> square = tensors.names().stream().map(tensors::get).filter(WeightsTensor::isSquare).toList();
        if (square.isEmpty()) {
            throw refused(file, "it has no square matrix; expected one, but found " + list(tensors));
        }
        if (square.size() > 1) {
            throw refused(file, "it has " + square.size() + " square matrices; choose one with --tensor: "
                    + square.stream().limit(SHOWN).map(tensor -> Shown.of(tensor.name(), NAME)).collect(Collectors.joining(", "))
                    + (square.size() > SHOWN ? ", …" : ""));
        }
        return square.getFirst();
    }

    private static boolean isSquare(Tensor tensor) {
        long[] shape = tensor.shape();
        return shape.length == 2 && shape[0] == shape[1] && shape[0] > 0;
    }

    /** Whole numbers may be quantised weights, whose scale the tensor does not have; parameters refuse them, too. */
    private static void requireFloats(Path file, Tensor tensor) {
        if (!FLOATING.contains(tensor.type())) {
            throw refused(file, "the elements of tensor '" + Shown.of(tensor.name(), NAME) + "' are " + tensor.type()
                    + "; expected one of " + FLOATING);
        }
    }

    private static void requireFinite(Path file, Tensor tensor, Block w) {
        for (int i = 0; i < w.rows(); i++) {
            for (int j = 0; j < w.cols(); j++) {
                if (!Double.isFinite(w.get(i, j))) {
                    throw refused(file, "tensor '" + Shown.of(tensor.name(), NAME) + "', row " + i + ", column " + j + ": "
                            + tensor.get((long) i * w.cols() + j) + "; expected a finite number of f32");
                }
            }
        }
    }

    private static String list(TensorFile tensors) {
        List<String> names = tensors.names().stream().limit(SHOWN).map(name -> described(tensors.get(name))).toList();
        return names.isEmpty() ? "nothing" : String.join(", ", names) + (tensors.names().size() > SHOWN ? ", …" : "");
    }

    private static String described(Tensor tensor) {
        return "'" + Shown.of(tensor.name(), NAME) + "' of shape " + Arrays.toString(tensor.shape());
    }

    private static IllegalArgumentException refused(Path file, String what) {
        return new IllegalArgumentException("the weights " + file + ": " + what);
    }
}
