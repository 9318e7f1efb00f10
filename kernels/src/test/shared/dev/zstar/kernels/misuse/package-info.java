/** Wrong calls of every method of an engine, made from right ones, with public types only: the tests of every engine can use it. */
package dev.zstar.kernels.misuse;
