/**
 * The SIMD engine: this package and those below it are the only code that imports {@code jdk.incubator.vector}. Nothing outside names them;
 * the engine is found as a service.
 *
 * <p>This package has the provider, the engine, and the description of a call that workers run in pieces ({@code Job}). The kernels are in
 * the packages below, by subject. Dependencies point one way, from here down to {@code lanes}. Each package names those that it uses.
 *
 * <p>Classes named F32… are written by hand, and the build makes an F64… twin of each. The register tiles are generated. Kernels take
 * raw addresses: operands are checked only once, when a call enters the engine.
 */
package dev.zstar.kernels.simd;
