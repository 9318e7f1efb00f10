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
 * each. Owns the blocks.
 */
public final class Parameters implements AutoCloseable {
    private final Type type;
    private final List<Parameter> descriptions;
    private final Map<String, Block> blocks = new LinkedHashMap<>();
    private final List<Block> list;

    private Parameters(Type type, Collection<Parameter> descriptions) {
        this.type = Arguments.present("parameters", "the type", type);
        this.descriptions = List.copyOf(Arguments.present("parameters", "the list of descriptions", descriptions));
        try (Allocation allocation = new Allocation()) {
            for (Parameter p : this.descriptions) {
                Block block = allocation.add(Block.allocate(type, p.rows(), p.cols()));
                if (blocks.put(p.name(), block) != null) {
                    throw new IllegalArgumentException("parameters: two are named " + p.name() + ", expected different names");
                }
            }
            allocation.keep();
        }
        list = List.copyOf(new ArrayList<>(blocks.values()));
    }

    /** Zeros. */
    public static Parameters zeros(Type type, Collection<Parameter> descriptions) {
        return new Parameters(type, descriptions);
    }

    /** First values. Parameter i draws from a generator of its own, so that adding a parameter at the end changes no other. */
    public static Parameters initial(Type type, Collection<Parameter> descriptions, long seed) {
        Parameters parameters = new Parameters(type, descriptions);
        for (int i = 0; i < parameters.list.size(); i++) {
            Initialiser first = parameters.descriptions.get(i).initialiser();
            first.fill(parameters.list.get(i), Initialiser.generator(seed + 0x9e3779b97f4a7c15L * i));
        }
        return parameters;
    }

    /** Zeros of the same shapes. */
    public Parameters zerosLike() {
        return new Parameters(type, descriptions);
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

    @Override
    public void close() {
        list.forEach(Block::close);
    }

    @Override
    public String toString() {
        return list.size() + " parameters, " + count() + " numbers of " + type;
    }
}
