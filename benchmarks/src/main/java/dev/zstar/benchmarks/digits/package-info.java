/** A deep equilibrium model that reads handwritten digits: the data, the model, its training. May use every engine and solver. */
package dev.zstar.benchmarks.digits;
