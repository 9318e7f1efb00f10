package dev.zstar.solvers.tensors;

import java.util.Map;

/** What a reader found in a file: tensors by their names, in the order of the file, and metadata. */
record Contents(Map<String, Tensor> tensors, Map<String, String> metadata) {}
