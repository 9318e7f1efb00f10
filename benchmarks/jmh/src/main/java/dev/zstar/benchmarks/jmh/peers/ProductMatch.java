package dev.zstar.benchmarks.jmh.peers;

import org.openjdk.jmh.annotations.Param;

/** A match of products of a square matrix. */
public abstract class ProductMatch extends Match {
    /** The contender. Its name is the last in the alphabet, so that JMH runs the contenders of a case one after the other. */
    @Param({"simd", "openblas", "netlib", "netlib-scalar", "ejml", "ojalgo"})
    String who;

    /** A product of a random n × n matrix with this many columns. */
    void product(int n, int columns) {
        Product data = Product.random(type(), n, columns);
        Contender library = Contenders.named(who, data.type());
        bout = new Bout(library, () -> library.product(data), data.expected());
    }
}
