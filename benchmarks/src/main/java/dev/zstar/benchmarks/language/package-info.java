/**
 * A DEQ-Transformer (Bai, Kolter and Koltun 2019): a causal language model whose hidden states are an equilibrium, its training on a novel
 * and on the copy memory task, and the models that it has to beat. May use every engine and solver, through their public interfaces.
 */
package dev.zstar.benchmarks.language;
