/**
 * What everything else is made of: blocks of memory, packed weights, and the engine interface that computes on them; and batches of small
 * matrices.
 *
 * <p>This package may use the JDK only, and no incubating part of it: code that imports {@code jdk.incubator.vector} lives in
 * one package beside this one, and nothing outside can tell which engine runs.
 */
package dev.zstar.kernels;
