package dev.zstar.solvers.cells.operations;

/** How the dropout masks of a planned cell are drawn. */
public final class Dropout {
    private boolean isOn;
    private long seed;
    private int firstRow;

    /** From the next draw on, masks are drawn from this seed. */
    public void start(long seed) {
        isOn = true;
        this.seed = seed;
    }

    /** From the next draw on, masks are ones. */
    public void stop() {
        isOn = false;
    }

    /** The row of the batch at position 0 of the next draw; rows follow each other. */
    public void firstRow(int row) {
        firstRow = row;
    }

    boolean isOn() {
        return isOn;
    }

    /** The seed of one of the cell's masks. */
    long seed(int index) {
        // An odd constant of L'Ecuyer (1999), so that masks of different numbers do not overlap in the sequence of SplitMix64.
        return seed ^ index * 0xd1342543de82ef95L;
    }

    int firstRow() {
        return firstRow;
    }
}
