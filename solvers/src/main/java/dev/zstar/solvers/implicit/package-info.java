/**
 * Differentiation through equilibria: a layer that solves forward and pulls gradients back, in the ways that the literature knows, and the same for any
 * root. Uses what {@link dev.zstar.solvers} offers to everyone, and nothing else: a user's own layer can be built the same way.
 */
package dev.zstar.solvers.implicit;
