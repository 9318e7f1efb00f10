/** Workloads, and the study that measures a machine with them. */
module dev.zstar.benchmarks {
    requires transitive dev.zstar.solvers;
    requires dev.zstar.bridge;
    requires java.management;
    requires jdk.management;
    requires org.joml;

    exports dev.zstar.benchmarks.digits;
    exports dev.zstar.benchmarks.evidence;
    exports dev.zstar.benchmarks.families;
    exports dev.zstar.benchmarks.language;
    exports dev.zstar.benchmarks.reasoner;
    exports dev.zstar.benchmarks.study;
}
