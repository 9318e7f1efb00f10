package dev.zstar.benchmarks.jmh.peers;

/** Converts arrays of one element type from and to f64. */
final class F32Arrays {
    private F32Arrays() {}

    static float[] of(double[] values) {
        float[] array = new float[values.length];
        for (int i = 0; i < array.length; i++) {
            array[i] = (float) values[i];
        }
        return array;
    }

    static double[] toDoubles(float[] array) {
        double[] values = new double[array.length];
        for (int i = 0; i < array.length; i++) {
            values[i] = array[i];
        }
        return values;
    }
}
