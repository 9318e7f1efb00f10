/** What every engine must do, with public types only: the tests of every engine can use it. */
package dev.zstar.kernels.contract;
