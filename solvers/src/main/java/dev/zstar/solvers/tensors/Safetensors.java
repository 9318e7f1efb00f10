package dev.zstar.solvers.tensors;

import static dev.zstar.solvers.guard.Arguments.present;

import dev.zstar.kernels.Block;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes safetensors files, the format of Hugging Face: <a href="https://github.com/huggingface/safetensors">the description</a>. Every
 * framework reads it, and reading runs no code. Read with {@link TensorFile#open}.
 *
 * <p>The same tensors and metadata always give the same bytes. Without metadata they are those of the official writer. Each tensor starts
 * at a multiple of the size of its elements.
 *
 * <p>A new file replaces an old one as a whole. If writing fails, the old one stays.
 */
public final class Safetensors {
    private static final String OPERATION = "Safetensors.write";
    private static final int ALIGNMENT = 8;

    private Safetensors() {}

    /** Writes blocks in their own types, with the shapes {@code [rows, cols]}. */
    public static void write(Path path, Map<String, Block> blocks) throws IOException {
        write(path, TensorSource.all(OPERATION, blocks), Map.of());
    }

    /**
     * Writes tensors.
     *
     * @param metadata what the file says about itself; empty for no metadata. PyTorch's tools expect {@code format=pt}
     * @throws IllegalArgumentException if two tensors have the same name, if one has the name {@code __metadata__}, or if a number is not
     *     in the range of its element type
     */
    public static void write(Path path, Collection<TensorSource> tensors, Map<String, String> metadata) throws IOException {
        present(OPERATION, "the path", path);
        present(OPERATION, "the metadata", metadata);
        TensorSource.require(OPERATION, tensors);
        List<TensorSource> sorted = new ArrayList<>(tensors);
        // Wide elements first, so that all are aligned although there may be no gaps.
        sorted.sort(Comparator.comparing(TensorSource::type).thenComparing(TensorSource::name));
        byte[] header = header(sorted, metadata).getBytes(StandardCharsets.UTF_8);
        int padding = -header.length & (ALIGNMENT - 1);
        if (header.length + padding > SafetensorsReader.LONGEST_HEADER) {
            throw new IllegalArgumentException(OPERATION + ": the header has " + header.length + " bytes, expected at most "
                    + SafetensorsReader.LONGEST_HEADER);
        }
        AtomicFile.write(path, out -> {
            out.number(header.length + padding, Long.BYTES);
            out.bytes(header);
            out.bytes(" ".repeat(padding).getBytes(StandardCharsets.US_ASCII));
            for (TensorSource tensor : sorted) {
                tensor.write(OPERATION, out);
            }
        });
    }

    private static String header(List<TensorSource> tensors, Map<String, String> metadata) {
        StringBuilder json = new StringBuilder("{");
        if (!metadata.isEmpty()) {
            quote(json, SafetensorsReader.METADATA).append(":{");
            String separator = "";
            for (Map.Entry<String, String> each : new TreeMap<>(metadata).entrySet()) {
                json.append(separator);
                String key = unicode("a key of the metadata", each.getKey());
                quote(json, key).append(':');
                quote(json, unicode("the metadata of " + Names.quoted(key), each.getValue()));
                separator = ",";
            }
            json.append(tensors.isEmpty() ? "}" : "},");
        }
        long at = 0;
        for (int i = 0; i < tensors.size(); i++) {
            TensorSource tensor = tensors.get(i);
            if (tensor.name().equals(SafetensorsReader.METADATA)) {
                throw new IllegalArgumentException(OPERATION + ": a tensor has the name '__metadata__', expected another name");
            }
            quote(json.append(i == 0 ? "" : ","), tensor.name()).append(":{\"dtype\":\"").append(tensor.type()).append("\",\"shape\":[");
            long[] shape = tensor.shape();
            for (int k = 0; k < shape.length; k++) {
                json.append(k == 0 ? "" : ",").append(shape[k]);
            }
            json.append("],\"data_offsets\":[").append(at).append(',');
            at += tensor.bytes();
            json.append(at).append("]}");
        }
        return json.append('}').toString();
    }

    private static String unicode(String what, String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(present(OPERATION, what, text))) {
            throw new IllegalArgumentException(
                    OPERATION + ": " + what + " is " + Names.quoted(text) + ", expected valid Unicode without a lone surrogate");
        }
        return text;
    }

    private static StringBuilder quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int known = "\"\\\b\f\n\r\t".indexOf(c);
            if (known >= 0) {
                json.append('\\').append("\"\\bfnrt".charAt(known));
            } else if (c < 0x20) {
                json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"');
    }
}
