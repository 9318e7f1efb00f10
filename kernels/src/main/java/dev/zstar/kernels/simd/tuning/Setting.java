package dev.zstar.kernels.simd.tuning;

import dev.zstar.kernels.Team;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The settings of the engine, each set by a system property or by a {@link Profile}. No bit of a result depends on them. */
public enum Setting {
    /**
     * Rows of a full tile: 8, or 4 with 256-bit vectors. The accumulators of 8×3, 3 weights and a broadcast fit 32 registers. 256-bit x86
     * has 16 registers, for 4×3. A tile of 8×3 vectors of 512 bits reached 113 to 116 of 117 GFLOP/s.
     */
    TILE_ROWS("zstar.tile.rows", 4, 8, 4),
    /**
     * Inputs of one sweep along k, about. A block of M rows and K inputs fills {@link #TILE_BATCH}: M · K · 4 bytes. A multiply-add then
     * takes 1/M reads of weights and 2/K accesses to sums from beyond the cache. The least is at K = 2 M, the root of half of TILE_BATCH:
     * 914 for 2 MiB (decision 064). It must be even, because bf16 weights are stored in pairs of inputs.
     */
    TILE_INPUTS("zstar.tile.inputs", 64, 1 << 20, 2),
    /**
     * The most inputs of a part of a sweep. A panel's part takes three quarters of the first-level cache, where it stays for 64 rows. With
     * 48 KiB that is 192 inputs. They gained 2% at n = 256 … 1024; 96 and 256 inputs gained less (Intel 6/167).
     */
    TILE_PART("zstar.tile.part", 16, 1 << 20, 2),
    /**
     * Bytes that a block of rows of the batch shares with one panel of the weights: four fifths of the second-level cache, where both stay
     * while all panels pass the rows. With 2 MiB, 648×512 by 1536 took 6.2 ms, and with a fixed 512 KiB, which read the weights from
     * the third level three times, 7.2 ms (Intel 6/167, whose third level gives 28 GB/s).
     */
    TILE_BATCH("zstar.tile.batch", 4096, 1 << 30, 1),
    /** The number of rows from which a product of plain blocks packs a panel, even if it could read it in place, page by page: 64. */
    GEMM_PACK("zstar.gemm.pack", 1, Integer.MAX_VALUE, 1),
    /**
     * Bytes up to which 8-bit integers are stored as bf16, which takes twice the memory and fewer instructions: 1 MiB. If f32 weights come
     * from the second-level cache, integers as bytes ran at 0.75 to 0.83 of the speed of f32, and as bf16 at 1.1 to 1.2 (Granite Rapids).
     */
    INT8_WIDE("zstar.int8.wide", 0, 1L << 40, 1),
    /** The number of operations from which a second core is worth waking: 1,000,000, about 10 µs on one core. */
    TEAM_WORTH("zstar.team.worth", 0, 1_000_000_000_000L, 1),
    /**
     * How long a worker spins for the next loop before it parks, in ns: 50,000. It is not tuned by measuring: longer is never slower, but
     * keeps a core busy.
     */
    TEAM_SPIN("zstar.team.spinNanos", 0, 1_000_000_000, 1);

    private final String property;
    private final long least;
    private final long most;
    private final long multiple;

    Setting(String property, long least, long most, long multiple) {
        this.property = property;
        this.least = least;
        this.most = most;
        this.multiple = multiple;
    }

    /** The name of the system property, and of the line in a profile. */
    public String property() {
        return property;
    }

    /** The default for vectors of this many bits. */
    long standard(int bits) {
        return switch (this) {
            case TILE_ROWS -> bits == 256 ? 4 : 8;
            case TILE_INPUTS -> (long) Math.sqrt((double) Caches.secondLevel() / 5 * 2) / 2 * 2;
            case TILE_PART -> Math.max(16, Caches.firstLevel() / 4 * 3 / (3 * bits / Byte.SIZE) / 2 * 2);
            case TILE_BATCH -> Caches.secondLevel() / 5 * 4;
            case GEMM_PACK -> 64;
            case INT8_WIDE -> 1024 * 1024;
            case TEAM_WORTH -> 1_000_000;
            case TEAM_SPIN -> Team.SPIN_NANOS;
        };
    }

    /** Parses a value. The exception's message says what was expected. */
    long parse(String text) {
        try {
            long value = Long.parseLong(text.strip());
            if (value >= least && value <= most && value % multiple == 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw new IllegalArgumentException(property + " is '" + shown(text) + "', expected a whole number from " + least + " to " + most
                + (multiple == 1 ? "" : ", a multiple of " + multiple));
    }

    /** The setting of this name. The exception's message lists all names. */
    public static Setting named(String property) {
        for (Setting setting : values()) {
            if (setting.property.equals(property)) {
                return setting;
            }
        }
        throw new IllegalArgumentException("it has the unknown key '" + shown(property) + "', expected one of: cpu, vector.bits, "
                + Arrays.stream(values()).map(Setting::property).collect(Collectors.joining(", ")));
    }

    /** The text, shortened for a message. */
    private static String shown(String text) {
        String line = text.replaceAll("\\p{Cntrl}", "?");
        return line.length() <= 40 ? line : line.substring(0, 40) + "…";
    }
}
