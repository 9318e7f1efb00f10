package dev.zstar.kernels.simd.tuning;

import dev.zstar.kernels.Format;
import dev.zstar.kernels.Team;
import dev.zstar.kernels.simd.lanes.Lanes;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The values of the settings, each read once and a constant for the JIT. {@link Setting} has the ranges, the defaults and their reasons;
 * {@link ChosenSettings} has the sources of the values.
 */
public final class Tuning {
    private static final ChosenSettings SETTINGS = ChosenSettings.of(Lanes.BITS, Cpu.model(), System::getProperty, Profile.file());
    private static final AtomicBoolean LOGGED = new AtomicBoolean();

    /** Rows that share a part of a panel in the first-level cache. Their accumulators, 12 KiB, are in it, too. */
    public static final int GROUP = 64;
    /** The number of rows from which a product of plain blocks packs its panels. */
    public static final int PACK = (int) value(Setting.GEMM_PACK);
    /** Size, in bytes of bf16, up to which 8-bit integers are stored as bf16. */
    public static final long WIDE = value(Setting.INT8_WIDE);
    /** The number of operations from which work is shared with the team. */
    public static final double WORTH_SHARING = value(Setting.TEAM_WORTH);
    /** How long a worker spins for its next loop before it parks. */
    public static final long SPIN_NANOS = value(Setting.TEAM_SPIN);

    private static final int INPUTS = (int) value(Setting.TILE_INPUTS);
    private static final int PART = (int) value(Setting.TILE_PART);
    private static final int BATCH = (int) value(Setting.TILE_BATCH);
    private static final int ROWS = (int) value(Setting.TILE_ROWS);

    private Tuning() {}

    private static long value(Setting setting) {
        return SETTINGS.values().get(setting);
    }

    /** The settings that are not defaults, with their sources; empty if there are none. */
    public static String overrides() {
        return SETTINGS.overrides();
    }

    /** Notes about values that were ignored or refused. */
    public static List<String> notes() {
        return SETTINGS.notes().stream().map(ChosenSettings.Note::sentence).toList();
    }

    /** Logs the notes, once. */
    public static void log() {
        if (!LOGGED.getAndSet(true)) {
            System.Logger logger = System.getLogger(Tuning.class.getPackageName());
            SETTINGS.notes().forEach(note -> logger.log(note.level(), note.sentence()));
        }
    }

    /** A profile of this machine with the default of every setting. */
    public static Profile defaults() {
        Map<Setting, Long> values = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            values.put(setting, setting.standard(Lanes.BITS));
        }
        return new Profile(Cpu.model(), Lanes.BITS, values);
    }

    /**
     * Rows of the next tile, 1, 2, 4 or 8, for this many remaining rows. Three count as four and seven as eight: an idle row costs less
     * than another tile. Pairs of bf16 take at most 4.
     */
    public static int rows(int left, Format format) {
        return Math.min(format == Format.BF16 ? Math.min(ROWS, 4) : ROWS, left == 3 || left == 7 ? left + 1 : Integer.highestOneBit(left));
    }

    /** Inputs of one sweep along k. All sweeps have about one size, a multiple of 2, because bf16 weights are stored in pairs of inputs. */
    public static int sweep(int inputs) {
        return even(inputs, Math.max(1, Math.round(inputs / (float) INPUTS)));
    }

    /**
     * Inputs of one part of a sweep, whose weights in a panel stay in the first-level cache for all rows of a group. It is the whole sweep
     * for fewer than four tiles, which gain less than another start and end of each tile costs. It is also the whole sweep if the block of
     * rows fills the second-level cache: then some of it comes from beyond, and short runs of a row prefetch less well than whole rows.
     *
     * @param rows of the block
     * @param row bytes of one of them
     */
    public static int part(int inputs, int rows, long row) {
        return rows < 4 * ROWS || rows * row > BATCH / 2 ? inputs : even(inputs, (inputs + PART - 1) / PART);
    }

    /** A size of this many parts, about equal and even. */
    private static int even(int inputs, long parts) {
        return (int) ((inputs + parts - 1) / parts + 1) / 2 * 2;
    }

    /**
     * Rows of a block of the batch that leaves room for a panel of {@code width} outputs in the second-level cache: a multiple of the
     * tallest tile, with which all blocks have about the same size.
     *
     * @param rows of the batch
     * @param row bytes of a row, and of the inputs of one output
     */
    public static int batchRows(int rows, long row, int width) {
        // A panel that takes most of a small cache still meets several tiles.
        long most = Math.max(8, Math.max(BATCH - width * row, BATCH / 4) / Math.max(1, row));
        long blocks = Math.max(1, (rows + most - 1) / most);
        return (int) ((rows + blocks - 1) / blocks + 7) / 8 * 8;
    }

    /** Runs a loop on the team, or only in the calling thread if there is too little work to share. */
    public static void share(Team team, Team.Loop loop, int pieces, double work) {
        if (work < WORTH_SHARING) {
            loop.run(0, pieces);
        } else {
            team.run(pieces, loop);
        }
    }
}
