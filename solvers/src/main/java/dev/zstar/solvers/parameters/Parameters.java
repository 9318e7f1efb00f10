package dev.zstar.solvers.parameters;

import dev.zstar.kernels.Allocation;
import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import dev.zstar.solvers.guard.Arguments;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A block for each parameter, in the order of their description: the values of a cell, their gradients, or what an optimiser remembers of
 * each. Owns the blocks, except in the views that {@link #subset} and {@link #of} return.
 */
public final class Parameters implements AutoCloseable {
    private final Type type;
    private final List<Parameter> descriptions;
    private final Map<String, Block> blocks = new LinkedHashMap<>();
    private final List<Block> list;
    /** Whether these blocks are closed with it. */
    private final boolean owner;

    private Parameters(Type type, Collection<Parameter> descriptions, List<Block> blocks, boolean owner) {
        this.type = type;
        this.descriptions = List.copyOf(descriptions);
        this.owner = owner;
        list = List.copyOf(blocks);
        for (int i = 0; i < list.size(); i++) {
            String name = this.descriptions.get(i).name();
            if (this.blocks.put(name, list.get(i)) != null) {
                throw new IllegalArgumentException("parameters: two are named " + name + ", expected different names");
            }
        }
    }

    private static Parameters allocate(Type type, Collection<Parameter> descriptions) {
        Arguments.present("parameters", "the type", type);
        Arguments.present("parameters", "the list of descriptions", descriptions);
        try (Allocation allocation = new Allocation()) {
            List<Block> blocks = new ArrayList<>();
            for (Parameter p : descriptions) {
                Arguments.present("parameters", "a description", p);
                blocks.add(allocation.add(Block.allocate(type, p.rows(), p.cols())));
            }
            Parameters parameters = new Parameters(type, descriptions, blocks, true);
            allocation.keep();
            return parameters;
        }
    }

    /** Zeros. */
    public static Parameters zeros(Type type, Collection<Parameter> descriptions) {
        return allocate(type, descriptions);
    }

    /** First values. Parameter i draws from a generator of its own, so that adding a parameter at the end changes no other. */
    public static Parameters initial(Type type, Collection<Parameter> descriptions, long seed) {
        Parameters parameters = allocate(type, descriptions);
        for (int i = 0; i < parameters.list.size(); i++) {
            Initialiser first = parameters.descriptions.get(i).initialiser();
            first.fill(parameters.list.get(i), Initialiser.generator(seed + 0x9e3779b97f4a7c15L * i));
        }
        return parameters;
    }

    /**
     * A view of blocks that someone else owns: closing it closes none of them.
     *
     * @param blocks one for each description, of its shape
     */
    public static Parameters of(Type type, List<Parameter> descriptions, List<Block> blocks) {
        Arguments.present("of", "the type", type);
        int count = Arguments.present("of", "the list of descriptions", descriptions).size();
        if (Arguments.present("of", "the list of blocks", blocks).size() != count) {
            throw new IllegalArgumentException(
                    "of: the number of blocks is " + blocks.size() + ", expected " + count + ", one for each description");
        }
        for (int i = 0; i < count; i++) {
            Parameter p = Arguments.present("of", "a description", descriptions.get(i));
            String name = "the block of " + p.name();
            Arguments.present("of", name, blocks.get(i)).requireShape("of", name, type, p.rows(), p.cols());
        }
        return new Parameters(type, descriptions, blocks, false);
    }

    /**
     * A view of some of these parameters, such as those of one of several cells that an optimiser updates together. It shares the blocks.
     * Closing it closes none of them.
     *
     * @throws IllegalArgumentException if there is no such parameter, or one of another shape
     */
    public Parameters subset(List<Parameter> which) {
        Arguments.present("subset", "the list of descriptions", which);
        return of(type, which, which.stream().map(p -> get(Arguments.present("subset", "a description", p).name())).toList());
    }

    /** Zeros of the same shapes. */
    public Parameters zerosLike() {
        return allocate(type, descriptions);
    }

    /** A copy. */
    public Parameters copy() {
        Parameters copy = zerosLike();
        copy.copyFrom(this);
        return copy;
    }

    /** The element type. */
    public Type type() {
        return type;
    }

    /** The descriptions, in order. */
    public List<Parameter> descriptions() {
        return descriptions;
    }

    /** The blocks in the order of the descriptions. */
    public List<Block> blocks() {
        return list;
    }

    /**
     * The block of a parameter.
     *
     * @throws IllegalArgumentException if there is no such parameter
     */
    public Block get(String name) {
        Block block = blocks.get(Arguments.present("get", "the name", name));
        if (block == null) {
            throw new IllegalArgumentException("get: there is no parameter " + name + ", expected one of " + blocks.keySet());
        }
        return block;
    }

    /** Whether there is a parameter of this name. */
    public boolean contains(String name) {
        return blocks.containsKey(name);
    }

    /** The names, in order. */
    public Collection<String> names() {
        return Collections.unmodifiableCollection(blocks.keySet());
    }

    /** The number of all elements. */
    public long count() {
        return descriptions.stream().mapToLong(Parameter::size).sum();
    }

    /** Copies the values of others, of the same descriptions. */
    public void copyFrom(Parameters other) {
        requireSame("copyFrom", "the other parameters", other);
        for (int i = 0; i < list.size(); i++) {
            list.get(i).copyFrom(other.list.get(i));
        }
    }

    /** Sets every element to zero. */
    public void clear() {
        for (int i = 0; i < list.size(); i++) {
            list.get(i).fill(0);
        }
    }

    /** Throws unless the other parameters have the same names, shapes and type. */
    public void requireSame(String operation, String name, Parameters other) {
        Arguments.present(operation, name, other).requireFit(operation, name, type, descriptions);
    }

    /**
     * Throws unless these parameters fit a type and descriptions.
     *
     * @param name what these parameters are called in the message
     */
    @SuppressWarnings("ReferenceEquality") // Only to be fast: mostly it is the very same list.
    public void requireFit(String operation, String name, Type type, List<Parameter> expected) {
        if (this.type != type || descriptions.size() != expected.size()) {
            throw new IllegalArgumentException(operation + ": " + name + " are " + descriptions.size() + " of " + this.type + ", expected "
                    + expected.size() + " of " + type);
        }
        for (int i = 0; i < expected.size(); i++) {
            Parameter mine = descriptions.get(i);
            Parameter wanted = expected.get(i);
            if (!mine.name().equals(wanted.name()) || mine.rows() != wanted.rows() || mine.cols() != wanted.cols()) {
                throw new IllegalArgumentException(operation + ": number " + i + " of " + name + " is " + mine + ", expected " + wanted);
            }
        }
    }

    /** The bytes of all blocks. */
    public long bytes() {
        return list.stream().mapToLong(Block::bytes).sum();
    }

    /** Closes the blocks, unless this is a view. */
    @Override
    public void close() {
        if (owner) {
            list.forEach(Block::close);
        }
    }

    @Override
    public String toString() {
        return list.size() + " parameters, " + count() + " numbers of " + type;
    }
}
