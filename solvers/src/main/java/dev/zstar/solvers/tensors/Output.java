package dev.zstar.solvers.tensors;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32;

/** Little-endian output to a file through a buffer, with a checksum. */
final class Output {
    private static final int CAPACITY = 1 << 16;

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(CAPACITY).order(ByteOrder.LITTLE_ENDIAN);
    private final MemorySegment memory = MemorySegment.ofBuffer(buffer);
    private final CRC32 checksum = new CRC32();

    Output(FileChannel channel) {
        this.channel = channel;
    }

    /** Writes the lowest {@code width} bytes of a number: 1, 2, 4 or 8. */
    void number(long value, int width) throws IOException {
        reserve(width);
        switch (width) {
            case 1 -> buffer.put((byte) value);
            case 2 -> buffer.putShort((short) value);
            case 4 -> buffer.putInt((int) value);
            default -> buffer.putLong(value);
        }
    }

    void bytes(byte[] bytes) throws IOException {
        copy(MemorySegment.ofArray(bytes), 0, bytes.length);
    }

    /** Writes bytes as they are in memory. */
    void copy(MemorySegment from, long at, long count) throws IOException {
        for (long done = 0; done < count; ) {
            reserve(1);
            int piece = (int) Math.min(buffer.remaining(), count - done);
            MemorySegment.copy(from, at + done, memory, buffer.position(), piece);
            buffer.position(buffer.position() + piece);
            done += piece;
        }
    }

    private void reserve(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            flush();
        }
    }

    void flush() throws IOException {
        buffer.flip();
        checksum.update(buffer);
        buffer.rewind();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    /** The number of bytes so far. */
    long position() throws IOException {
        return channel.position() + buffer.position();
    }

    /** The checksum starts here. */
    void startChecksum() throws IOException {
        flush();
        checksum.reset();
    }

    /** The checksum (CRC-32) of the bytes since {@link #startChecksum}. */
    long checksum() throws IOException {
        flush();
        return checksum.getValue();
    }

    /** Overwrites four bytes that were written before. */
    void patch(long at, long value) throws IOException {
        flush();
        ByteBuffer four = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).flip();
        while (four.hasRemaining()) {
            channel.write(four, at + four.position());
        }
    }
}
