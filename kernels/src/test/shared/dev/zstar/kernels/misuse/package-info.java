/** Wrong calls of every method of an engine, made from right ones. Of public types alone, so that the tests of every engine can use it. */
package dev.zstar.kernels.misuse;
