package dev.zstar.reports;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** The last bytes of what a process says. A process that says much is neither kept in memory nor stopped by a full pipe. */
final class LastBytes {
    private static final long WAIT_MILLIS = TimeUnit.SECONDS.toMillis(2);

    private final byte[] ring;
    private final Thread reader;
    private long count;

    private LastBytes(InputStream in, int most) {
        ring = new byte[most];
        reader = Thread.ofVirtual().unstarted(() -> read(in));
    }

    /** Reads the stream to its end in a thread of its own, and keeps the last {@code most} bytes. */
    static LastBytes of(InputStream in, int most) {
        LastBytes last = new LastBytes(in, most);
        last.reader.start();
        return last;
    }

    private void read(InputStream in) {
        byte[] part = new byte[ring.length];
        try (in) {
            for (int n = in.read(part); n >= 0; n = in.read(part)) {
                add(part, n);
            }
        } catch (IOException e) {
            // The process has ended.
        }
    }

    private synchronized void add(byte[] part, int n) {
        for (int i = 0; i < n; i++) {
            ring[(int) (count++ % ring.length)] = part[i];
        }
    }

    /** What was said last, in UTF-8. Waits a moment for the end of the stream, which a process that still runs holds open. */
    String text() throws InterruptedException {
        reader.join(WAIT_MILLIS);
        synchronized (this) {
            int length = (int) Math.min(count, ring.length);
            byte[] bytes = new byte[length];
            for (int i = 0; i < length; i++) {
                bytes[i] = ring[(int) ((count - length + i) % ring.length)];
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
