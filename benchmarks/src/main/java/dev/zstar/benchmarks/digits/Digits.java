package dev.zstar.benchmarks.digits;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;

/**
 * Images of handwritten digits, 8×8 pixels, scaled to 0 … 1, shuffled once with a fixed seed.
 *
 * @param pixels 64 values for each image
 * @param labels the digit of each image
 */
public record Digits(List<float[]> pixels, List<Integer> labels) {
    /** Pixels of an image. */
    public static final int PIXELS = 64;
    /** Classes of digits. */
    public static final int CLASSES = 10;
    /** Images to train on. The other 360, a fifth, are for testing. */
    public static final int TRAINING = 1437;

    /** The images in this jar. */
    public static Digits load() {
        try (InputStream in = Digits.class.getResourceAsStream("digits.csv.gz")) {
            if (in == null) {
                throw new IllegalArgumentException("digits.csv.gz is missing; expected the images of digits in this build");
            }
            return read(new GZIPInputStream(in), "digits.csv.gz");
        } catch (IOException e) {
            throw new IllegalArgumentException("digits.csv.gz, the images of digits, cannot be read: " + e.getMessage(), e);
        }
    }

    /** Reads lines of 64 pixels from 0 to 16 and a digit, comma-separated. */
    static Digits read(InputStream in, String name) throws IOException {
        List<float[]> pixels = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                String where = name + ", line " + (pixels.size() + 1) + ": ";
                String[] fields = line.split(",", -1);
                if (fields.length != PIXELS + 1) {
                    throw new IllegalArgumentException(where + fields.length + " values; expected " + PIXELS + " pixels and a digit");
                }
                float[] image = new float[PIXELS];
                for (int i = 0; i < PIXELS; i++) {
                    image[i] = number(fields[i], 16, where) / 16f;
                }
                pixels.add(image);
                labels.add(number(fields[PIXELS], CLASSES - 1, where));
            }
        }
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < pixels.size(); i++) {
            order.add(i);
        }
        Collections.shuffle(order, new Random(1998));
        return new Digits(order.stream().map(pixels::get).toList(), order.stream().map(labels::get).toList());
    }

    private static int number(String field, int most, String where) {
        try {
            int value = Integer.parseInt(field);
            if (value >= 0 && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // The message below covers it.
        }
        throw new IllegalArgumentException(where + "'" + field + "'; expected a whole number from 0 to " + most);
    }

    /** The number of images. */
    public int size() {
        return labels.size();
    }
}
