/** The command line, and the pages drawn from result files. */
module dev.zstar.reports {
    requires com.fasterxml.jackson.annotation;
    requires com.github.oshi;
    requires dev.zstar.benchmarks;
    requires info.picocli;
    requires java.management;
    requires jdk.management;
    requires me.tongfei.progressbar;
    requires org.joml;
    requires tools.jackson.databind;

    // Fields of commands and components of records are set and read by reflection.
    opens dev.zstar.reports to
            info.picocli,
            tools.jackson.databind;
    opens dev.zstar.reports.machine to
            tools.jackson.databind;
}
