/** What this JVM can do, and the options that it was started with. Not exported: for the other packages of this module. */
package dev.zstar.kernels.jvm;
