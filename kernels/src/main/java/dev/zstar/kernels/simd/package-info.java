/**
 * The SIMD engine: the only package that imports {@code jdk.incubator.vector}. Nothing outside names it; it is found as a service.
 *
 * <p>Classes named F32… are written by hand and have an F64… twin made by the build; the register tiles are generated. Kernels take
 * raw addresses: everything that can be wrong with a call is checked in {@link dev.zstar.kernels.simd.SimdEngine}, once, and
 * nothing is checked below it.
 */
package dev.zstar.kernels.simd;
