package dev.zstar.solvers.training;

import dev.zstar.kernels.Block;
import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.ParameterFile;
import dev.zstar.solvers.parameters.Parameters;
import dev.zstar.solvers.tensors.Safetensors;
import dev.zstar.solvers.tensors.TensorFile;
import dev.zstar.solvers.tensors.TensorSource;
import dev.zstar.solvers.training.optimisers.Average;
import dev.zstar.solvers.training.optimisers.Optimiser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Saves training to one safetensors file, and loads it: parameters, the state of the optimiser, an average of the parameters, what maps
 * remember, and numbers such as the step and the seeds. Resumed training has the same bits as training that was not interrupted.
 *
 * <pre>{@code
 * Checkpoint checkpoint = Checkpoint.of(parameters).with(optimiser).withBuffers(map.buffers());
 * checkpoint.save(path, Map.of("epoch", 3L, "seed", 1L));
 *
 * // in another process, after the same objects have been made
 * Map<String, Long> numbers = checkpoint.load(path);
 * map.restore();
 * }</pre>
 *
 * <p>In the file, parameters have their own names, as a {@code state_dict} of PyTorch has them. The other tensors are named
 * {@code optimiser.<kind>.<parameter>}, {@code average.<parameter>} and {@code buffer.<name>}. A file replaces an old one as a whole: a
 * process that is killed while it saves leaves the old file.
 *
 * <p>A checkpoint refers to objects that stay the caller's. It copies nothing until it saves or loads.
 */
public final class Checkpoint {
    private static final String OPTIMISER = "optimiser.";
    private static final String AVERAGE = "average.";
    private static final String BUFFER = "buffer.";
    private static final List<String> PREFIXES = List.of(OPTIMISER, AVERAGE, BUFFER);
    private static final String STEPS = OPTIMISER + "steps";
    private static final String UPDATES = AVERAGE + "updates";

    private final Parameters parameters;
    /** These three are null if the file does not hold them. */
    private final Optimiser optimiser;
    private final Average average;
    private final Parameters buffers;

    private Checkpoint(Parameters parameters, Optimiser optimiser, Average average, Parameters buffers) {
        this.parameters = parameters;
        this.optimiser = optimiser;
        this.average = average;
        this.buffers = buffers;
    }

    /** A checkpoint of parameters alone. */
    public static Checkpoint of(Parameters parameters) {
        for (Parameter p : Arguments.present("checkpoint", "the parameters", parameters).descriptions()) {
            if (PREFIXES.stream().anyMatch(p.name()::startsWith)) {
                throw new IllegalArgumentException("checkpoint: a parameter is named " + p.name()
                        + ", expected a name that does not start with 'optimiser.', 'average.' or 'buffer.'");
            }
        }
        return new Checkpoint(parameters, null, null, null);
    }

    /** This checkpoint with the state of an optimiser. */
    public Checkpoint with(Optimiser optimiser) {
        return new Checkpoint(parameters, Arguments.present("with", "the optimiser", optimiser), average, buffers);
    }

    /** This checkpoint with an average of parameters. */
    public Checkpoint with(Average average) {
        return new Checkpoint(parameters, optimiser, Arguments.present("with", "the average", average), buffers);
    }

    /** This checkpoint with what a map remembers, such as {@link dev.zstar.solvers.cells.CellMap#buffers}. */
    public Checkpoint withBuffers(Parameters buffers) {
        return new Checkpoint(parameters, optimiser, average, Arguments.present("withBuffers", "the buffers", buffers));
    }

    /** Blocks by their names in the file, in its order. */
    private Map<String, Entry> entries() {
        Map<String, Entry> entries = new TreeMap<>();
        add(entries, "", parameters);
        if (optimiser != null) {
            optimiser.state().forEach((kind, state) -> add(entries, OPTIMISER + kind + ".", state));
        }
        if (average != null) {
            add(entries, AVERAGE, average.values());
        }
        if (buffers != null) {
            add(entries, BUFFER, buffers);
        }
        return entries;
    }

    private static void add(Map<String, Entry> entries, String prefix, Parameters blocks) {
        for (int i = 0; i < blocks.descriptions().size(); i++) {
            Parameter p = blocks.descriptions().get(i);
            entries.put(prefix + p.name(), new Entry(p, blocks.blocks().get(i)));
        }
    }

    private record Entry(Parameter parameter, Block block) {
        long[] shape() {
            return parameter.dimensions().stream().mapToLong(Integer::longValue).toArray();
        }
    }

    /**
     * Writes the file.
     *
     * @param numbers what else is needed to go on, such as a step and seeds, by names without a dot
     * @throws IllegalStateException if the average is swapped with the parameters
     * @throws IOException if the file cannot be written; then an old one stays
     */
    public void save(Path path, Map<String, Long> numbers) throws IOException {
        Arguments.present("save", "the path", path);
        Map<String, String> metadata = new TreeMap<>(Map.of("format", "pt"));
        Arguments.present("save", "the map of numbers", numbers).forEach((name, value) -> {
            if (Arguments.present("save", "the name of a number", name).contains(".") || name.equals("format")) {
                throw new IllegalArgumentException(
                        "save: a number is named " + name + ", expected a name without a dot, and other than 'format'");
            }
            metadata.put(name, Long.toString(Arguments.present("save", "the number " + name, value)));
        });
        if (optimiser != null) {
            metadata.put(STEPS, Long.toString(optimiser.steps()));
        }
        if (average != null) {
            if (average.isSwapped()) {
                throw new IllegalStateException("save: the average is swapped with the parameters, expected a second swap before");
            }
            metadata.put(UPDATES, Long.toString(average.updates()));
        }
        List<TensorSource> tensors = new ArrayList<>();
        entries().forEach((name, entry) -> tensors.add(ParameterFile.source(name, entry.parameter(), entry.block())));
        Safetensors.write(path, tensors, metadata);
    }

    /**
     * Reads the file into all objects of this checkpoint. If the file has a kind of state that this checkpoint has not, that state is
     * ignored, so {@code Checkpoint.of(parameters)} reads the parameters of any checkpoint. Afterwards call
     * {@link dev.zstar.solvers.cells.CellMap#restore} for each map of these parameters.
     *
     * @return the numbers
     * @throws IllegalArgumentException if the file does not fit: a tensor is missing, has another shape, holds integers or, for f32, f64
     *     numbers, or has no place; then nothing has been changed. {@link ParameterFile#read} rounds instead
     * @throws IOException if the file cannot be read or is malformed
     */
    public Map<String, Long> load(Path path) throws IOException {
        try (TensorFile file = TensorFile.open(Arguments.present("load", "the path", path))) {
            Map<String, Entry> entries = entries();
            CheckpointFit.require(path, file, parameters.type(), entries.keySet(), name -> entries.get(name).shape(), this::reads);
            entries.forEach((name, entry) -> entry.block().requireOpen("load", "the block of " + name));
            long steps = optimiser == null ? 0 : CheckpointFit.count(path, file, STEPS);
            long updates = average == null ? 0 : CheckpointFit.count(path, file, UPDATES);
            entries.forEach((name, entry) -> ParameterFile.copy(file.get(name), entry.parameter(), entry.block()));
            if (optimiser != null) {
                optimiser.resume(steps);
            }
            if (average != null) {
                average.resume(updates);
            }
            return CheckpointFit.numbers(file);
        }
    }

    /** Whether every tensor with this name must have a place. */
    private boolean reads(String name) {
        return !(optimiser == null && name.startsWith(OPTIMISER) || average == null && name.startsWith(AVERAGE)
                || buffers == null && name.startsWith(BUFFER));
    }
}
