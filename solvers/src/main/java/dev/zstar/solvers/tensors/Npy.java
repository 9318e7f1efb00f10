package dev.zstar.solvers.tensors;

import static dev.zstar.solvers.guard.Arguments.present;

import dev.zstar.kernels.Block;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes one array in numpy's npy format, for {@code numpy.load}. Read with {@link TensorFile#open}. A new file replaces an old one as a
 * whole; if writing fails, the old one stays.
 */
public final class Npy {
    private static final String OPERATION = "Npy.write";
    private static final int ALIGNMENT = 64;
    /** The digits of the longest axis, in numpy. */
    private static final int LONGEST_AXIS = 21;

    private Npy() {}

    /** Writes a block in its own type, with the shape {@code (rows, cols)}. */
    public static void write(Path path, Block block) throws IOException {
        write(path, TensorSource.of("", present(OPERATION, "the block", block)));
    }

    /**
     * Writes a tensor. Its name is not written.
     *
     * @throws IllegalArgumentException if the element type is BF16, which numpy does not have, or if a number is not in its range
     */
    public static void write(Path path, TensorSource tensor) throws IOException {
        present(OPERATION, "the path", path);
        TensorSource.require(OPERATION, List.of(present(OPERATION, "the tensor", tensor)));
        byte[] header = header(OPERATION, tensor);
        AtomicFile.write(path, out -> {
            out.bytes(header);
            tensor.write(OPERATION, out);
        });
    }

    /** All bytes before the elements, as numpy writes them: a multiple of 64 of them, so that the elements are aligned. */
    static byte[] header(String operation, TensorSource tensor) {
        String code = tensor.type().numpy();
        if (code == null) {
            throw new IllegalArgumentException(operation + ": tensor " + Names.quoted(tensor.name())
                    + " is to be written as BF16, expected a type that numpy has, such as F32 or F16");
        }
        long[] shape = tensor.shape();
        StringBuilder text = new StringBuilder("{'descr': '").append(tensor.type().bytes() == 1 ? '|' : '<').append(code)
                .append("', 'fortran_order': False, 'shape': (");
        for (int k = 0; k < shape.length; k++) {
            text.append(k == 0 ? "" : " ").append(shape[k]).append(k < shape.length - 1 || k == 0 ? "," : "");
        }
        text.append("), }");
        if (shape.length > 0) {
            // Room to lengthen the first axis in place, as numpy leaves it: the files are then equal.
            text.append(" ".repeat(LONGEST_AXIS - Long.toString(shape[0]).length()));
        }
        int before = NpyReader.MAGIC.length + 4;
        while ((before + text.length() + 1) % ALIGNMENT != 0) {
            text.append(' ');
        }
        byte[] line = text.append('\n').toString().getBytes(StandardCharsets.US_ASCII);
        byte[] header = new byte[before + line.length];
        System.arraycopy(NpyReader.MAGIC, 0, header, 0, NpyReader.MAGIC.length);
        header[NpyReader.MAGIC.length] = 1;
        // 64 axes of 19 digits are far below 2¹⁶ bytes.
        header[before - 2] = (byte) line.length;
        header[before - 1] = (byte) (line.length >> 8);
        System.arraycopy(line, 0, header, before, line.length);
        return header;
    }
}
