/**
 * Other libraries that a program on the JVM can take for the same products and sums, beside zstar's engines: {@code ./zstar jmh Peers}.
 *
 * <p>All get the same numbers, compute on one thread, and lay out their copy of the data before the clock starts; {@code W} in
 * the layout in which the library is fastest, as zstar's packing is not on the clock either. The answer is compared with an f64
 * reference before and after the measurement, within a bound that holds for every order of summation.
 *
 * <p>A library joins with one file that implements {@link dev.zstar.benchmarks.jmh.peers.Contender} and a line in
 * {@link dev.zstar.benchmarks.jmh.peers.Contenders}.
 */
package dev.zstar.benchmarks.jmh.peers;
