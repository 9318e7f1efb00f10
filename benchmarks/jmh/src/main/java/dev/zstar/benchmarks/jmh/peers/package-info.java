/**
 * Other libraries that a program on the JVM can use for the same products and sums, compared with the engines of zstar:
 * {@code ./zstar jmh Peers}.
 *
 * <p>All get the same numbers, compute on one thread, and copy the data to their own memory before the clock starts. {@code W} has the
 * layout in which the library is fastest, as the packing of zstar is not timed either. The answer is compared with an f64 reference before
 * and after the measurement, within a bound that holds for every order of summation.
 *
 * <p>To add a library, write one class that implements {@link dev.zstar.benchmarks.jmh.peers.Contender}, and a line in
 * {@link dev.zstar.benchmarks.jmh.peers.Contenders}.
 */
package dev.zstar.benchmarks.jmh.peers;
