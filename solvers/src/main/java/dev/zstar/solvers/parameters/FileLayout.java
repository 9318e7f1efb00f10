package dev.zstar.solvers.parameters;

import dev.zstar.solvers.guard.Arguments;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Where the parameters of a cell are in a file: under which names, and whether a tensor holds several parameters or a part of one.
 * Immutable: each method returns a layout with one more rule.
 *
 * <p>For one layer of Llama, as Hugging Face stores it, and a cell of {@code attention("attn", …)} and {@code swiglu("mlp", …)}:
 *
 * <pre>{@code
 * FileLayout llama = FileLayout.sameNames()
 *     .under("model.layers.0.")
 *     .stack("attn.in_proj_weight", "self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight")
 *     .rename("attn.out_proj", "self_attn.o_proj")
 *     .rename("mlp.gate", "mlp.gate_proj").rename("mlp.up", "mlp.up_proj").rename("mlp.down", "mlp.down_proj");
 * }</pre>
 *
 * <p>The name in a rule is that of a parameter, such as {@code mlp.gate.weight}, or of a module, such as {@code mlp.gate}. A module's rule
 * holds for all parameters below it, and what follows the module's name stays. The matching rule with the longest name applies.
 */
public final class FileLayout {
    private static final FileLayout SAME_NAMES = new FileLayout("", name -> name, Map.of());

    private final String prefix;
    private final UnaryOperator<String> others;
    private final Map<String, Place> rules;

    private FileLayout(String prefix, UnaryOperator<String> others, Map<String, Place> rules) {
        this.prefix = prefix;
        this.others = others;
        this.rules = rules;
    }

    /** Each parameter is a tensor of its own name. */
    public static FileLayout sameNames() {
        return SAME_NAMES;
    }

    /** Each parameter is a tensor of the name that the function returns for the parameter's name. Rules take precedence. */
    public static FileLayout named(UnaryOperator<String> tensorName) {
        return new FileLayout("", Arguments.present("named", "the function", tensorName), Map.of());
    }

    /** All names in the file begin with this text, such as {@code "model.layers.0."}. Rules leave it out. */
    public FileLayout under(String start) {
        return new FileLayout(Arguments.present("under", "the start of the names", start) + prefix, others, rules);
    }

    /** A parameter or a module has another name in the file. */
    public FileLayout rename(String name, String nameInFile) {
        return with("rename", name, new Place(List.of(Arguments.present("rename", "the name in the file", nameInFile)), 0, 1));
    }

    /**
     * A parameter is several tensors, one below the other: their rows follow each other in the parameter. So the matrices of queries, keys
     * and values make up the {@code in_proj_weight} of an attention.
     */
    public FileLayout stack(String name, String... namesInFile) {
        for (String each : Arguments.present("stack", "the list of names in the file", namesInFile)) {
            Arguments.present("stack", "a name in the file", each);
        }
        Arguments.atLeast("stack", "the number of names in the file", namesInFile.length, 1);
        return with("stack", name, new Place(List.of(namesInFile), 0, 1));
    }

    /**
     * A parameter is one of several equal groups of rows of a tensor. A {@code gate_up_proj} has the gate as part 0 of 2, and the other
     * matrix as part 1.
     *
     * @param part the number of the group, from 0 on
     * @param parts the number of groups
     */
    public FileLayout part(String name, String nameInFile, int part, int parts) {
        Arguments.present("part", "the name in the file", nameInFile);
        Arguments.atLeast("part", "the number of parts", parts, 1);
        Arguments.index("part", "part", part, parts);
        return with("part", name, new Place(List.of(nameInFile), part, parts));
    }

    /** The file does not have a parameter, or any of a module: reading leaves its values as they are, and writing leaves it out. */
    public FileLayout keep(String name) {
        return with("keep", name, new Place(List.of(), 0, 1));
    }

    private FileLayout with(String operation, String name, Place place) {
        Map<String, Place> more = new LinkedHashMap<>(rules);
        if (more.put(Arguments.present(operation, "the name", name), place) != null) {
            throw new IllegalArgumentException(operation + ": there is a rule for '" + name + "' already, expected one rule for a name");
        }
        return new FileLayout(prefix, others, more);
    }

    /** Where a parameter is. */
    Place place(String parameter) {
        for (int end = parameter.length(); end > 0; end = parameter.lastIndexOf('.', end - 1)) {
            Place place = rules.get(parameter.substring(0, end));
            if (place != null) {
                String rest = parameter.substring(end);
                return new Place(place.tensors().stream().map(name -> prefix + name + rest).toList(), place.part(), place.parts());
            }
        }
        String name = Arguments.present("named", "the name that the function returns for '" + parameter + "'", others.apply(parameter));
        return new Place(List.of(prefix + name), 0, 1);
    }

    /** Throws unless each rule is for a parameter or a module among these. A misspelt rule would go unnoticed. */
    void requireFit(String operation, Collection<String> parameters) {
        for (String rule : rules.keySet()) {
            if (parameters.stream().noneMatch(name -> name.equals(rule) || name.startsWith(rule + "."))) {
                throw new IllegalArgumentException(operation + ": the layout has a rule for '" + rule
                        + "', expected the name or the start of the name of one of the parameters " + parameters);
            }
        }
    }

    @Override
    public String toString() {
        List<String> lines = new ArrayList<>();
        rules.forEach((name, place) -> lines.add(name + " ← " + place));
        return "layout under '" + prefix + "' " + lines;
    }

    /**
     * A group of rows of tensors that are one below the other.
     *
     * @param tensors their names; none if the file does not have the parameter
     * @param part the number of the group
     * @param parts how many equal groups there are
     */
    record Place(List<String> tensors, int part, int parts) {
        @Override
        public String toString() {
            return tensors + (parts == 1 ? "" : " part " + part + " of " + parts);
        }
    }
}
