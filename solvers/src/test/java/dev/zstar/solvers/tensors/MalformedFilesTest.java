package dev.zstar.solvers.tensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Known attacks and mistakes: each is one sentence that says what is wrong. Many are from the tests of the official readers. */
class MalformedFilesTest {
    @TempDir
    private Path folder;

    private void refused(String name, byte[] bytes, String sentence) throws IOException {
        Path path = Files.write(folder.resolve(name), bytes);
        assertThatThrownBy(() -> TensorFile.open(path)).as("expected: %s", sentence).isInstanceOf(MalformedFileException.class)
                .hasMessage(path + ": " + sentence);
    }

    private static String tensor(String name, String type, String shape, String offsets) {
        return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
    }

    @Test
    void safetensors() throws IOException {
        refused("x.safetensors", new byte[] {1, 2, 3}, "the file has 3 bytes, expected at least 8 for the length of the header");
        refused("x.safetensors", new byte[] {60, 0, 0, 0, 0, 0, 0, 0},
                "the header has 60 bytes, expected at most the 0 that follow its length");
        refused("x.safetensors", new byte[] {60, 0, 0, 0, -1, -1, -1, -1, '{'},
                "the header has 18446744069414584380 bytes, expected at most 100000000");
        refused("x.safetensors", new byte[] {1, -31, -11, 5, 0, 0, 0, 0, '{'},
                "the header has 100000001 bytes, expected at most 100000000");
        refused("x.safetensors", new byte[] {0, 0, 0, 0, 0, 0, 0, 0}, "the header does not start with '{', expected a safetensors file");
        refused("x.safetensors", new byte[] {1, 0, 0, 0, 0, 0, 0, 0, -1},
                "the header does not start with '{', expected a safetensors file");
        refused("x.safetensors", new byte[] {1, 0, 0, 0, 0, 0, 0, 0, '{'}, "the header ends after 1 bytes in the middle of a value");
        refused("x.safetensors", new byte[] {6, 0, 0, 0, 0, 0, 0, 0, '{', '"', -1, '"', ':', '1'},
                "the header has invalid UTF-8 in the string at byte 2");
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(" {}", "the header does not start with '{', expected a safetensors file");
        headers.put("{}{}", "the header has '{' at byte 2, expected nothing after the outer object");
        headers.put("{\"a\":1}", "the header has '1' at byte 5, expected '{'");
        headers.put("{,}", "the header has ',' at byte 1, expected '\"'");
        headers.put("{\"a\u0000\":{}}", "the header has byte 0x00 at byte 3, expected the end of the string");
        headers.put("{\"a\\x\":{}}", "the header has 'x' at byte 4, expected an escape of JSON");
        headers.put("{\"a\\ud800\":{}}", "the header has a lone surrogate in the string 'a\ud800', expected pairs");
        headers.put("{\"a\\u00zz\":{}}", "the header has 'z' at byte 7, expected four hexadecimal digits");
        headers.put("{\"__metadata__\":{\"k\":1}}", "the header has '1' at byte 21, expected '\"'");
        headers.put("{\"__metadata__\":{\"k\":\"1\",\"k\":\"1\"}}", "the header has the key 'k' twice, expected keys that differ");
        headers.put("{\"a\":{}}", "tensor 'a' has no dtype, expected dtype, shape and data_offsets");
        headers.put("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", "tensor 'a' has no data_offsets, expected dtype, shape and data_offsets");
        headers.put("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", "the header has the key 'dtype' twice, expected keys that differ");
        headers.put("{" + tensor("a", "F32", "[4]", "[0,16]") + "," + tensor("\\u0061", "F32", "[4]", "[0,16]") + "}",
                "the header has the key 'a' twice, expected keys that differ");
        headers.put("{" + tensor("a", "F8_E4M3", "[16]", "[0,16]") + "}", "tensor 'a' has the dtype 'F8_E4M3', expected one of "
                + "[U64, I64, F64, F32, U32, I32, BF16, F16, U16, I16, I8, U8, BOOL]");
        headers.put("{" + tensor("a", "F32", "[-4]", "[0,16]") + "}", "the header has '-' at byte 29, expected an integer of at least 0");
        headers.put("{" + tensor("a", "F32", "[4.0]", "[0,16]") + "}", "the header has '.' at byte 30, expected ',' or ']'");
        headers.put("{" + tensor("a", "F32", "[4e0]", "[0,16]") + "}", "the header has 'e' at byte 30, expected ',' or ']'");
        headers.put("{" + tensor("a", "F32", "[04]", "[0,16]") + "}", "the header has an integer at byte 29 that starts with 0, "
                + "expected 0 to 2⁶³ - 1 without leading zeros");
        headers.put("{" + tensor("a", "I32", "[2,18446744073709551614]", "[0,16]") + "}", "the header has an integer at byte 31 that is "
                + "too large, expected 0 to 2⁶³ - 1 without leading zeros");
        headers.put("{" + tensor("a", "I32", "[2,9223372036854775807]", "[0,16]") + "}",
                "tensor 'a' has the shape [2, 9223372036854775807], expected fewer than 2⁶³ bytes");
        headers.put("{" + tensor("a", "I32", "[4611686018427387904]", "[0,0]") + "}",
                "tensor 'a' has the shape [4611686018427387904], expected fewer than 2⁶³ bytes");
        headers.put("{" + tensor("a", "I32", "[4294967296,4294967296]", "[0,0]") + "}",
                "tensor 'a' has the shape [4294967296, 4294967296], expected fewer than 2⁶³ bytes");
        headers.put("{" + tensor("a", "F32", "[4]", "[0,12]") + "}",
                "tensor 'a' has the data_offsets [0, 12], expected 16 bytes for F32 of shape [4]");
        headers.put("{" + tensor("a", "F32", "[4]", "[16,0]") + "}",
                "tensor 'a' has the data_offsets [16, 0], expected 16 bytes for F32 of shape [4]");
        headers.put("{" + tensor("a", "F32", "[4]", "[0]") + "}", "tensor 'a' has 1 data_offsets, expected 2");
        headers.put("{" + tensor("a", "F32", "[4]", "[0,16,32]") + "}",
                "tensor 'a' has more than 2 numbers in its data_offsets, expected at most 2");
        headers.put("{" + tensor("a", "F32", "[4" + ",1".repeat(64) + "]", "[0,16]") + "}",
                "tensor 'a' has more than 64 numbers in its shape, expected at most 64");
        headers.put("{" + tensor("a", "F32", "[4]", "[0,16]") + "," + tensor("b", "F32", "[4]", "[0,16]") + "}",
                "tensor 'b' starts at byte 0 of the data, expected 16, where the tensor before it ends");
        headers.put("{" + tensor("a", "F32", "[2]", "[0,8]") + "," + tensor("b", "F32", "[1]", "[12,16]") + "}",
                "tensor 'b' starts at byte 12 of the data, expected 8, where the tensor before it ends");
        headers.put("{" + tensor("a", "F32", "[3]", "[4,16]") + "}",
                "tensor 'a' starts at byte 4 of the data, expected 0, where the tensor before it ends");
        headers.put("{" + tensor("a", "F32", "[3]", "[0,12]") + "}",
                "the tensors of the header have 12 bytes, expected 16, the rest of the file");
        headers.put("{" + tensor("a", "F32", "[5]", "[0,20]") + "}",
                "the tensors of the header have 20 bytes, expected 16, the rest of the file");
        headers.put("{\"a\":{\"x\":" + "[".repeat(100) + "]}}", "the header has values nested more than 64 deep");
        headers.put("{\"a\":{\"x\":01}}", "the header has '1' at byte 11, expected ',' or '}'");
        headers.put("{\"a\":{\"x\":nul}}", "the header has 'n' at byte 10, expected a value");
        headers.put("{\"line\\nfeed" + "x".repeat(90) + "\":{}}", "tensor 'line\\u000afeed" + "x".repeat(71)
                + "…' has no dtype, expected dtype, shape and data_offsets");
        for (Map.Entry<String, String> each : headers.entrySet()) {
            refused("x.safetensors", References.safetensors(each.getKey(), 16), each.getValue());
        }
    }

    @Test
    void oddButValidHeaders() throws IOException {
        for (String header : new String[] {
            "{" + tensor("a", "F32", "[4]", "[0,16]") + "}\r \t\n",
            "{ \"a\" : { \"data_offsets\" : [ 0 , 16 ] , \"shape\" : [ 4 ] ,\n\"dtype\" : \"F32\" } }",
            "{\"a\":{\"x\":[{\"y\":[true,false,null,-1.5e+3,\"\\\"\"]}],\"dtype\":\"\\u0046\\u00332\","
                    + "\"shape\":[4],\"data_offsets\":[0,16]}}",
            "{" + tensor("b", "F32", "[0,9223372036854775807]", "[0,0]") + "," + tensor("a", "F32", "[4]", "[0,16]") + "}",
            "{" + tensor("b", "F32", "[2]", "[8,16]") + "," + tensor("a", "F32", "[2]", "[0,8]") + "}"}) {
            Path path = Files.write(folder.resolve("x.safetensors"), References.safetensors(header, 16));
            try (TensorFile file = TensorFile.open(path)) {
                assertThat(file.get("a").get(0)).isEqualTo(Float.intBitsToFloat(0x03020100));
            }
        }
    }

    @Test
    void arrays() throws IOException {
        refused("x.npy", "\u0093NUMPY".getBytes(StandardCharsets.UTF_8),
                "the first bytes are not those of an npy array, expected byte 0x93 and 'NUMPY'");
        refused("x.npy", new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 4, 0, 0, 0}, "the npy version is 4.0, expected 1.0, 2.0 or 3.0");
        refused("x.npy", new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 0, 0}, "the file ends in the length of the header");
        refused("x.npy", new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 5, 0}, "the header has 5 bytes, expected at most 0");
        refused("x.npy", new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, -1, -1, -1, -1},
                "the header has 4294967295 bytes, expected at most 0");
        Map<String, String> headers = new LinkedHashMap<>();
        String rest = ", 'fortran_order': False, 'shape': (4,), }";
        headers.put("[]", "the header has '[' at character 0, expected '{'");
        headers.put("{'descr': '<f4', 'fortran_order': False, }", "the header has no 'shape', expected descr, fortran_order and shape");
        headers.put("{'descr': '<f4', 'descr': '<f4'" + rest,
                "the header has the key 'descr', expected descr, fortran_order and shape once each");
        headers.put("{'x': 1, 'descr': '<f4'" + rest, "the header has the key 'x', expected descr, fortran_order and shape once each");
        headers.put("{'descr': '|O'" + rest,
                "the elements are Python objects, expected numbers; objects are stored as a pickle, which can run any code");
        headers.put("{'descr': [('a', '<f4')]" + rest,
                "the header describes elements of several fields, expected elements that are one number each");
        for (String type : new String[] {"<c8", "|V2", "<U4", "f4", "=f4", "|f4", "<f3", "", "<"}) {
            headers.put("{'descr': '" + type + "'" + rest, "the element type is '" + type
                    + "', expected '<' or '>' and one of f2, f4, f8, i1 to i8, u1 to u8, or '|b1'");
        }
        headers.put("{'descr': '<f\\x34'" + rest, "the header has '<' at character 11, expected a string without escapes");
        headers.put("{'descr': '<f4', 'fortran_order':\0False, 'shape': (4,)}",
                "the header has '\\u0000' at character 33, expected True or False");
        headers.put("{'descr': '<f4', 'fortran_order': 0, 'shape': (4,)}", "the header has '0' at character 34, expected True or False");
        for (String shape : new String[] {"(-4,)", "(4", "(4)", "4", "[4]", "(4.0,)", "(04,)", "(9223372036854775808,)",
            "(__import__('os'),)", "(" + "1,".repeat(65) + ")"}) {
            headers.put("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}", "");
        }
        headers.put("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 4294967296, 4294967296)}",
                "the elements have 16 bytes, expected the size of F32 of shape [4, 4294967296, 4294967296]");
        headers.put("{'descr': '<f8'" + rest, "the elements have 16 bytes, expected the size of F64 of shape [4]");
        headers.put("{'descr': '<f4'" + rest + " {}", "the header has '{' at character 58, expected nothing after the dictionary");
        for (Map.Entry<String, String> each : headers.entrySet()) {
            byte[] bytes = References.npy(each.getKey(), 16);
            if (each.getValue().isEmpty()) {
                Path path = Files.write(folder.resolve("x.npy"), bytes);
                assertThatThrownBy(() -> TensorFile.open(path)).isInstanceOf(MalformedFileException.class)
                        .hasMessageStartingWith(path + ": the header has ").hasMessageContaining(", expected ");
            } else {
                refused("x.npy", bytes, each.getValue());
            }
        }
        for (String header : new String[] {"{'descr': '<f4'" + rest, "{\"shape\": (2L, 2L), 'descr': '<f4', 'fortran_order': True}",
            "{'descr':'<f4','fortran_order':False,'shape':(4,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}"}) {
            Path path = Files.write(folder.resolve("x.npy"), References.npy(header, 16));
            try (TensorFile file = TensorFile.open(path)) {
                assertThat(file.get("x").get(0)).isEqualTo(Float.intBitsToFloat(0x03020100));
            }
        }
    }

    private static byte[] zip(boolean deflated, byte[] contents, String... names) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (String name : names) {
                ZipEntry entry = new ZipEntry(name);
                if (!deflated) {
                    CRC32 checksum = new CRC32();
                    checksum.update(contents);
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(contents.length);
                    entry.setCrc(checksum.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(contents);
            }
        }
        return bytes.toByteArray();
    }

    /** A copy in which the bytes at {@code at} are the four of a little-endian number. */
    private static byte[] with(byte[] bytes, int at, int value) {
        byte[] copy = bytes.clone();
        ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        return copy;
    }

    private static byte[] concatenated(byte[] a, byte[] b) {
        return ByteBuffer.allocate(a.length + b.length).put(a).put(b).array();
    }

    @Test
    void archives() throws IOException {
        byte[] array = References.npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", 16);
        byte[] stored = zip(false, array, "a.npy");
        byte[] deflated = zip(true, array, "a.npy");
        Path good = Files.write(folder.resolve("good.npz"), deflated);
        try (TensorFile file = TensorFile.open(good)) {
            assertThat(file.get("a").get(0)).isEqualTo(Float.intBitsToFloat(0x03020100));
        }
        int directory = ByteBuffer.wrap(stored).order(ByteOrder.LITTLE_ENDIAN).getInt(stored.length - 6);
        int deflatedDirectory = ByteBuffer.wrap(deflated).order(ByteOrder.LITTLE_ENDIAN).getInt(deflated.length - 6);
        refused("x.npz", array, "the file does not end with the end record of a ZIP file, expected an npz file");
        refused("x.npz", concatenated(stored, new byte[] {0}),
                "the file does not end with the end record of a ZIP file, expected an npz file");
        refused("x.npz", concatenated(new byte[] {0}, stored),
                "the ZIP directory has 51 bytes from byte 179, expected it to end at byte 231");
        refused("x.npz", zip(false, array, "a"), "the entry 'a' is not an array, expected a name that ends in .npy");
        refused("x.npz", zip(false, array, "model/data.pkl"), "this is a PyTorch checkpoint, which can run any code, expected an npz file; "
                + "save the weights with safetensors.torch.save_file");
        for (String trick : new String[] {"../a.npy", "/a.npy", "b/../../a.npy", "C:a.npy", "b\\a.npy"}) {
            refused("x.npz", zip(false, array, trick), "the entry '" + trick
                    + "' has the name of a file elsewhere, expected a relative path without ..");
        }
        byte[] twice = zip(false, array, "a.npy", "b.npy");
        int second = new String(twice, StandardCharsets.ISO_8859_1).lastIndexOf("b.npy");
        byte[] renamed = twice.clone();
        renamed[second] = 'a';
        refused("x.npz", renamed, "the entry 'a.npy' is there twice, expected names that differ");
        byte[] overlapping = twice.clone();
        int first = new String(twice, StandardCharsets.ISO_8859_1).indexOf("a.npy", 40);
        // The directory sends both names to the first entry.
        overlapping = with(overlapping, second - 4, ByteBuffer.wrap(twice).order(ByteOrder.LITTLE_ENDIAN).getInt(first - 4));
        refused("x.npz", overlapping, "the entry 'a.npy' is not at byte 0, where the ZIP directory says");
        refused("x.npz", with(stored, directory + 24, 5), "the entry 'a.npy' is stored with sizes of 5 and 144 bytes, expected equal ones");
        refused("x.npz", with(stored, directory + 16, 5), "the entry 'a.npy' has a local header that differs from the ZIP directory");
        refused("x.npz", with(with(stored, directory + 16, 5), 14, 5), String.format(Locale.ROOT,
                "the entry 'a.npy' has the checksum %08x, expected 00000005", checksum(array)));
        byte[] data = stored.clone();
        data[100] ^= 1;
        data[101] ^= 1;
        Path damaged = Files.write(folder.resolve("x.npz"), data);
        assertThatThrownBy(() -> TensorFile.open(damaged)).hasMessageContaining("the entry 'a.npy' has the checksum ");
        int declared = deflatedDirectory + 24;
        int compressed = ByteBuffer.wrap(deflated).order(ByteOrder.LITTLE_ENDIAN).getInt(deflatedDirectory + 20);
        refused("x.npz", with(deflated, declared, 143),
                "the entry 'a.npy' becomes more than 143 bytes when decompressed, expected as many");
        refused("x.npz", with(deflated, declared, 145),
                "the entry 'a.npy' becomes 144 bytes from " + compressed + ", expected 145 from " + compressed);
        refused("x.npz", with(deflated, declared, 0x7FFFFFFF), "the entry 'a.npy' has " + compressed
                + " bytes that should become 2147483647, expected at most 1032 times as many");
        refused("x.npz", with(deflated, declared, 0x80000001), "the entry 'a.npy' has 2147483649 bytes when decompressed, expected at most "
                + "2147483648 in all entries; TensorFile.open takes another limit");
        byte[] method = with(deflated, deflatedDirectory + 10, 12);
        refused("x.npz", method, "the entry 'a.npy' has the compression method 12, expected 0 (stored) or 8 (deflate)");
        byte[] encrypted = stored.clone();
        encrypted[directory + 8] |= 1;
        refused("x.npz", encrypted, "the entry 'a.npy' is encrypted, patched or masked, expected an entry that is stored or compressed as "
                + "it is");
        refused("x.npz", with(stored, directory + 42, 150), "the entry 'a.npy' is not at byte 150, where the ZIP directory says");
        refused("x.npz", with(stored, stored.length - 10, 52),
                "the ZIP directory has 52 bytes from byte 179, expected it to end at byte 230");
        refused("x.npz", zip(false, new byte[] {1}, "a.npy"), "the entry 'a.npy': the first bytes are not those of an npy array, expected "
                + "byte 0x93 and 'NUMPY'");
    }

    private static long checksum(byte[] bytes) {
        CRC32 checksum = new CRC32();
        checksum.update(bytes);
        return checksum.getValue();
    }

}
