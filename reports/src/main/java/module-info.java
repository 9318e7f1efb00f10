/** The command line, and the pages drawn from result files. */
module dev.zstar.reports {
    requires dev.zstar.benchmarks;
    requires info.picocli;
    requires tools.jackson.databind;
    requires me.tongfei.progressbar;
    requires com.github.oshi;

    // picocli sets the fields of commands by reflection.
    opens dev.zstar.reports to
            info.picocli;
}
