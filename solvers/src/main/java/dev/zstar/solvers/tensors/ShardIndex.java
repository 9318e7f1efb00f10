package dev.zstar.solvers.tensors;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads the index of a model in several safetensors files, as Hugging Face writes it:
 * {@code {"metadata": {…}, "weight_map": {tensor: file}}}. The index decides which tensors there are.
 */
final class ShardIndex {
    private final MappedFile file;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private Map<String, String> weightMap;

    private ShardIndex(MappedFile file) {
        this.file = file;
    }

    static Contents read(MappedFile file, Arena arena) throws IOException {
        ShardIndex index = new ShardIndex(file);
        index.parse();
        return index.open(arena);
    }

    private void parse() throws MalformedFileException {
        if (file.size() > SafetensorsReader.LONGEST_HEADER) {
            throw file.malformed("the index has " + file.size() + " bytes, expected at most " + SafetensorsReader.LONGEST_HEADER);
        }
        JsonReader json = new JsonReader(file, "the index", 0, file.size());
        json.object(key -> {
            switch (key) {
                case "metadata" -> json.object(name -> metadata.put(name, json.scalar()));
                case "weight_map" -> {
                    weightMap = new LinkedHashMap<>();
                    json.object(name -> weightMap.put(name, json.string()));
                }
                default -> json.skip();
            }
        });
        json.end();
        if (weightMap == null) {
            throw file.malformed("the index has no 'weight_map', expected a map from names of tensors to names of files");
        }
    }

    private Contents open(Arena arena) throws IOException {
        Map<String, Map<String, Tensor>> shards = new HashMap<>();
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, String> each : weightMap.entrySet()) {
            Map<String, Tensor> shard = shards.get(each.getValue());
            if (shard == null) {
                shard = shard(each.getKey(), each.getValue(), arena);
                shards.put(each.getValue(), shard);
            }
            Tensor tensor = shard.get(each.getKey());
            if (tensor == null) {
                throw file.malformed("the file " + Names.quoted(each.getValue()) + " has no tensor " + Names.quoted(each.getKey()) + ", "
                        + Names.expected(each.getKey(), shard.keySet()));
            }
            tensors.put(each.getKey(), tensor);
        }
        return new Contents(tensors, metadata);
    }

    private Map<String, Tensor> shard(String tensor, String name, Arena arena) throws IOException {
        Path path = sibling(name);
        if (path == null) {
            throw file.malformed("tensor " + Names.quoted(tensor) + " is in the file " + Names.quoted(name)
                    + ", expected the name of a .safetensors file in the folder of the index");
        }
        try {
            return SafetensorsReader.read(MappedFile.open(path, arena)).tensors();
        } catch (NoSuchFileException e) {
            throw file.malformed("tensor " + Names.quoted(tensor) + " is in the file " + Names.quoted(name) + ", which does not exist");
        }
    }

    /** The file of this name in the folder of the index; null if the name would lead out of it. */
    private Path sibling(String name) {
        if (!name.endsWith(".safetensors") || name.indexOf('/') >= 0 || name.indexOf('\\') >= 0 || name.indexOf(':') >= 0) {
            return null;
        }
        try {
            return file.path.resolveSibling(name);
        } catch (InvalidPathException e) {
            return null;
        }
    }
}
