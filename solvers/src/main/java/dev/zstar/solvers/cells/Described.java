package dev.zstar.solvers.cells;

import dev.zstar.solvers.guard.Arguments;
import dev.zstar.solvers.parameters.Parameter;
import dev.zstar.solvers.parameters.Weight;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The parameters of a cell that is being described, and the matrices that are made of them. */
final class Described {
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    /** By parameter: how its matrix is normalised, if it is. A plan has one such matrix for each parameter. */
    private final Map<String, Weight.Norm> norms = new HashMap<>();

    /** Throws unless a name has letters; returns it. */
    static String name(String operation, String name) {
        if (Arguments.present(operation, "the name", name).isBlank()) {
            throw new IllegalArgumentException(operation + ": the name is empty, expected letters");
        }
        return name;
    }

    Parameter add(Parameter parameter) {
        if (parameters.putIfAbsent(parameter.name(), parameter) != null) {
            throw new IllegalArgumentException(parameter.name()
                    + ": there is a parameter of this name already, expected another name, or one weight(…) that is used twice");
        }
        return parameter;
    }

    /** Throws unless a matrix is made of parameters of this cell, and normalised in one way only. */
    void require(Weight w) {
        requireOwn(w.parameter());
        switch (w.norm()) {
            case Weight.Norm.None none -> {
                return;
            }
            case Weight.Norm.Rows rows -> requireOwn(rows.lengths());
            case Weight.Norm.Spectral spectral -> {
                // It has no parameter of its own.
            }
        }
        Weight.Norm first = norms.putIfAbsent(w.parameter().name(), w.norm());
        if (first != null && !first.equals(w.norm())) {
            throw new IllegalArgumentException("product: " + w.parameter().name() + " is normalised by " + w.norm() + ", and by " + first
                    + " in another product, expected one normalisation of a parameter");
        }
    }

    private void requireOwn(Parameter parameter) {
        if (!parameter.equals(parameters.get(parameter.name()))) {
            throw new IllegalArgumentException(
                    "product: " + parameter + " is not a parameter of this cell, expected a matrix that its net created");
        }
    }

    List<Parameter> parameters() {
        return List.copyOf(parameters.values());
    }
}
