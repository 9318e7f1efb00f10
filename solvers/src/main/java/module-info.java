/** Fixed-point and linear solvers, and the derivatives of what they find. */
module dev.zstar.solvers {
    requires transitive dev.zstar.kernels;

    exports dev.zstar;
    exports dev.zstar.solvers;
    exports dev.zstar.solvers.cells;
    exports dev.zstar.solvers.diagnosis;
    exports dev.zstar.solvers.exits;
    exports dev.zstar.solvers.fixedpoint;
    exports dev.zstar.solvers.implicit;
    exports dev.zstar.solvers.linear;
    exports dev.zstar.solvers.ode;
    exports dev.zstar.solvers.parameters;
    exports dev.zstar.solvers.shapes;
    exports dev.zstar.solvers.tensors;
    exports dev.zstar.solvers.training;
    exports dev.zstar.solvers.training.heads;
    exports dev.zstar.solvers.training.optimisers;
}
