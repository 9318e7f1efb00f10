package dev.zstar.solvers.tensors;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Files that numpy and the official safetensors library wrote (resources/tensors/make.py), and files made of text. */
final class References {
    private References() {}

    static byte[] bytes(String name) throws IOException {
        try (InputStream in = References.class.getResourceAsStream("/tensors/" + name)) {
            return in.readAllBytes();
        }
    }

    static Path copy(Path folder, String name) throws IOException {
        return Files.write(folder.resolve(name), bytes(name));
    }

    /** A safetensors file of this header and as many bytes of data, which count up from 0. */
    static byte[] safetensors(String header, int data) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + text.length + data).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).put(text);
        for (int i = 0; i < data; i++) {
            file.put((byte) i);
        }
        return file.array();
    }

    /** An npy file of version 1 with this header, padded to 128 bytes, and as many bytes of data. */
    static byte[] npy(String header, int data) {
        byte[] text = String.format(Locale.ROOT, "%-117s\n", header).getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer file = ByteBuffer.allocate(10 + text.length + data).order(ByteOrder.LITTLE_ENDIAN);
        file.put(NpyReader.MAGIC).put((byte) 1).put((byte) 0).putShort((short) text.length).put(text);
        for (int i = 0; i < data; i++) {
            file.put((byte) i);
        }
        return file.array();
    }

    /** Element i of the arrays of shape (2, 3, 4). */
    static double quarter(int i) {
        return (i - 3) * 0.25;
    }
}
