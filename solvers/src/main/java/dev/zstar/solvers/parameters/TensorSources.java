package dev.zstar.solvers.parameters;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.tensors.TensorSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Parameters as the tensors that a layout has them in. Owns a copy of those that are put together of parts, and of parts of a row. */
final class TensorSources implements AutoCloseable {
    private final Parameters parameters;
    private final List<TensorSource> sources = new ArrayList<>();
    private final List<Block> copies = new ArrayList<>();

    TensorSources(Parameters parameters, FileLayout layout) {
        this.parameters = parameters;
        Map<String, Parameter[]> together = new LinkedHashMap<>();
        try {
            for (Parameter p : parameters.descriptions()) {
                FileLayout.Place place = layout.place(p.name());
                if (place.parts() == 1) {
                    cut(p, place.tensors());
                } else {
                    place(p, place, together.computeIfAbsent(place.tensors().getFirst(), name -> new Parameter[place.parts()]));
                }
            }
            together.forEach(this::join);
        } catch (Throwable e) {
            close();
            throw e;
        }
    }

    List<TensorSource> list() {
        return sources;
    }

    private void cut(Parameter p, List<String> names) {
        int count = names.size();
        if (count > 1 && (p.order().isEmpty() || p.order().getFirst() != 0 || p.dimensions().getFirst() % count != 0
                || p.rows() != 1 && p.rows() % count != 0)) {
            throw new IllegalArgumentException("write " + p + ": the layout cuts it into " + count
                    + " parts, expected a number that divides its " + (p.rows() == 1 ? "first dimension" : "rows"));
        }
        for (int i = 0; i < count; i++) {
            add(p, names.get(i), part(p, i, count), 1, count);
        }
    }

    /** Part i of equal ones. The first dimension is the slowest in the block, too, so a part is some of its rows, or of its only row. */
    private Block part(Parameter p, int i, int count) {
        Block block = parameters.get(p.name());
        if (count == 1 || p.rows() != 1) {
            return count == 1 ? block : block.part(i, count);
        }
        int cols = p.cols() / count;
        Block copy = Block.allocate(parameters.type(), 1, cols);
        copies.add(copy);
        copy.copyColumns(block, i * cols, 0, cols);
        return copy;
    }

    private static void place(Parameter p, FileLayout.Place place, Parameter... parts) {
        if (place.parts() != parts.length || parts[place.part()] != null) {
            throw new IllegalArgumentException("write " + p + ": the layout has it as " + place + " and "
                    + (place.parts() == parts.length ? parts[place.part()].name() + ", too" : "another parameter as one of " + parts.length)
                    + ", expected each part once");
        }
        parts[place.part()] = p;
    }

    private void join(String name, Parameter... parts) {
        Parameter first = parts[0];
        for (int i = 0; i < parts.length; i++) {
            if (parts[i] == null) {
                throw new IllegalArgumentException("write: the layout has no parameter as part " + i + " of " + parts.length + " of '"
                        + name + "', expected every part");
            }
            if (!parts[i].dimensions().equals(first.dimensions()) || !parts[i].order().equals(first.order())) {
                throw new IllegalArgumentException("write " + parts[i] + ": it is put together with " + first + " as '" + name
                        + "', expected parts of the same shape");
            }
        }
        if (first.order().isEmpty() || first.order().getFirst() != 0) {
            throw new IllegalArgumentException(
                    "write " + first + ": it is a part of '" + name + "', expected a parameter whose rows are its first dimension");
        }
        // The first dimension is the slowest one in the block, too, so parts follow each other, in rows or within the only one.
        int rows = first.rows() == 1 ? 1 : first.rows() * parts.length;
        Block copy = Block.allocate(parameters.type(), rows, first.rows() == 1 ? first.cols() * parts.length : first.cols());
        copies.add(copy);
        for (int i = 0; i < parts.length; i++) {
            Block part = parameters.get(parts[i].name());
            if (rows == 1) {
                copy.copyColumns(part, 0, i * first.cols(), first.cols());
            } else {
                copy.part(i, parts.length).copyFrom(part);
            }
        }
        add(first, name, copy, parts.length, 1);
    }

    /** A block with a parameter's dimensions in the order of files, but {@code times / over} as many in the first. */
    private void add(Parameter p, String name, Block block, int times, int over) {
        sources.add(source(p, name, block, times, over));
    }

    static TensorSource source(Parameter p, String name, Block block, int times, int over) {
        int axes = p.order().size();
        long[] shape = new long[axes];
        int[] back = new int[axes];
        for (int k = 0; k < axes; k++) {
            int dimension = p.order().get(k);
            shape[k] = dimension == 0 ? (long) p.dimensions().getFirst() * times / over : p.dimensions().get(dimension);
            back[dimension] = k;
        }
        return TensorSource.of(name, block).shaped(shape).permuted(back);
    }

    @Override
    public void close() {
        copies.forEach(Block::close);
    }

    @Override
    public String toString() {
        return Arrays.toString(sources.toArray());
    }
}
