/** What the Java virtual machine at hand can do and was told to do. Not exported: for the other packages of this module. */
package dev.zstar.kernels.jvm;
