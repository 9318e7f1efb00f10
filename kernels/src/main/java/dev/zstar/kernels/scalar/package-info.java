/** The scalar engine: every operation as the formula that one reads in a book. May use the JDK's ordinary API only. */
package dev.zstar.kernels.scalar;
