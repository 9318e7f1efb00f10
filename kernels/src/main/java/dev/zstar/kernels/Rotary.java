package dev.zstar.kernels;

/**
 * Cosines and sines of rotary positions (Su et al. 2021, RoFormer): {@link Layers#rotate} turns pair i of a head at position t by the angle
 * {@code t · base^(-2i/d)}, so that the score of a query and a key depends on the distance of their positions.
 *
 * <p>The numbers are stored as they are multiplied: {@code out = x ⊙ cosines + x' ⊙ sines}, where {@code x'} has the elements of each pair
 * exchanged. The sine is negative for the first of a pair. Angles are f64, and {@link StrictMath} gives the same table on every machine.
 */
public final class Rotary implements AutoCloseable {
    /** Which elements of a head are turned together. Weights that were trained with one pairing need the same. */
    public enum Pairing {
        /** Elements i and i + d/2: GPT-NeoX, and Llama in Hugging Face Transformers. */
        HALVES,
        /** Elements 2i and 2i + 1: the paper, GPT-J, and Llama as Meta released it. */
        NEIGHBOURS
    }

    private final Pairing pairing;
    private final Block cosines;
    private final Block sines;

    private Rotary(Pairing pairing, Block cosines, Block sines, double base) {
        this.pairing = pairing;
        this.cosines = cosines;
        this.sines = sines;
        int width = cosines.cols();
        for (int i = 0; i < width / 2; i++) {
            double frequency = StrictMath.pow(base, -2.0 * i / width);
            int first = pairing == Pairing.HALVES ? i : 2 * i;
            int second = pairing == Pairing.HALVES ? i + width / 2 : 2 * i + 1;
            for (int t = 0; t < cosines.rows(); t++) {
                double cosine = StrictMath.cos(t * frequency);
                double sine = StrictMath.sin(t * frequency);
                cosines.set(t, first, cosine);
                cosines.set(t, second, cosine);
                sines.set(t, first, -sine);
                sines.set(t, second, sine);
            }
        }
    }

    /**
     * The table for heads of {@code width} elements at positions {@code 0 … sequence - 1}.
     *
     * @param width an even number: d
     * @param base mostly 10,000
     * @throws IllegalArgumentException if the width is odd or negative, {@code sequence} is negative, or the base is not a finite number of
     *     at least 1
     */
    public static Rotary of(Engine engine, Type type, int sequence, int width, double base, Pairing pairing) {
        Operands.present("a rotary table", "its engine", engine);
        Operands.present("a rotary table", "its type", type);
        Operands.present("a rotary table", "its pairing", pairing);
        if (sequence < 0 || width < 0 || width % 2 != 0) {
            throw new IllegalArgumentException("a rotary table for " + sequence + " positions of heads of " + width
                    + " elements, expected at least 0 positions and an even number of elements");
        }
        if (!(base >= 1 && base < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("a rotary table of base " + base + ", expected a finite number of at least 1");
        }
        try (Allocation allocation = new Allocation()) {
            Block cosines = allocation.add(engine.allocate(type, sequence, width));
            Block sines = allocation.add(engine.allocate(type, sequence, width));
            Rotary rotary = new Rotary(pairing, cosines, sines, base);
            allocation.keep();
            return rotary;
        }
    }

    /** Which elements of a head are turned together. */
    public Pairing pairing() {
        return pairing;
    }

    /** The factors of the elements: {@code sequence × width}. */
    public Block cosines() {
        return cosines;
    }

    /** The factors of the other element of each pair: {@code sequence × width}. */
    public Block sines() {
        return sines;
    }

    @Override
    public void close() {
        cosines.close();
        sines.close();
    }
}
