package dev.zstar.solvers.ode;

import dev.zstar.kernels.Rows;

/** What else uses the steps of a solve: a dense output, states at given times, checkpoints, an integral along the solution. */
interface StepListener {
    /** A solve begins: z and k₁ of these rows are known. */
    void begin(Stages stages, StepSizes steps, Rows rows);

    /** The steps of these rows were accepted: z, k₁ … k₇ and z' are known. May use the states that the stages compute. */
    void accepted(Stages stages, StepSizes steps, Rows rows);
}
