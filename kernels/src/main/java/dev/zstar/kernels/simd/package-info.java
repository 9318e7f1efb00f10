/**
 * The SIMD engine: this package and those below it are the only code that imports {@code jdk.incubator.vector}. Nothing outside names them;
 * the engine is found as a service.
 *
 * <p>Here are the provider, the engine, and the description of a call that workers run in pieces ({@code Job}). The kernels live in the
 * packages below, by subject. Arrows point one way, from here down to {@code lanes}; each package names those that it uses.
 *
 * <p>Classes named F32… are written by hand and have an F64… twin made by the build; the register tiles are generated. Kernels take raw
 * addresses: everything that can be wrong with a call is checked once, where the engine is entered, and nothing is checked below.
 */
package dev.zstar.kernels.simd;
