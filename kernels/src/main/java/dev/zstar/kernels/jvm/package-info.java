/** What this Java virtual machine can do, and the options it was started with. Not exported: for the other packages of this module. */
package dev.zstar.kernels.jvm;
