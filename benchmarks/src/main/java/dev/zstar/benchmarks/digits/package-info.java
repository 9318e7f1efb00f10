/** A deep equilibrium model that reads handwritten digits: data, model and training. May use every engine and solver. */
package dev.zstar.benchmarks.digits;
