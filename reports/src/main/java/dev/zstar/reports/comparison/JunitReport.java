package dev.zstar.reports.comparison;

import dev.zstar.reports.statistics.Verdict;

/**
 * A comparison as JUnit's XML, which CI servers show: a benchmark is a test, a regression is a failure, and an open verdict is a skipped
 * test.
 */
public final class JunitReport {
    private JunitReport() {}

    /** The whole document, to be written in UTF-8. */
    public static String of(Comparison comparison) {
        long failed = comparison.cases().stream().filter(CaseComparison::isRegression).count();
        long skipped = comparison.cases().stream().filter(JunitReport::isSkipped).count();
        StringBuilder out = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
        out.append("  <testsuite name=\"").append(Plain.xml(comparison.base() + " → " + comparison.fresh())).append("\" tests=\"")
                .append(comparison.cases().size()).append("\" failures=\"").append(failed).append("\" errors=\"0\" skipped=\"")
                .append(skipped).append("\">\n");
        for (CaseComparison one : comparison.cases()) {
            String name = one.key().name();
            int dot = name.lastIndexOf('.');
            // Only a name of JMH has a class.
            boolean qualified = dot > 0 && name.indexOf(' ') < 0;
            out.append("    <testcase classname=\"").append(Plain.xml(qualified ? name.substring(0, dot) : "benchmarks"))
                    .append("\" name=\"").append(Plain.xml(one.key().toString().substring(qualified ? dot + 1 : 0))).append("\">\n      ");
            String sentence = Plain.xml(one.sentences());
            if (one.isRegression()) {
                out.append("<failure type=\"").append(one.verdict() == Verdict.SLOWER || one.verdict() == Verdict.MORE
                        ? one.verdict() : "ALLOCATES_MORE").append("\" message=\"")
                        .append(sentence).append("\"/>");
            } else if (isSkipped(one)) {
                out.append("<skipped message=\"").append(sentence).append("\"/>");
            } else {
                out.append("<system-out>").append(one.verdict()).append(": ").append(sentence).append("</system-out>");
            }
            out.append("\n    </testcase>\n");
        }
        comparison.notes().forEach(note -> out.append("    <system-out>").append(Plain.xml(note)).append("</system-out>\n"));
        return out.append("  </testsuite>\n</testsuites>\n").toString();
    }

    private static boolean isSkipped(CaseComparison one) {
        return one.verdict() == Verdict.UNCLEAR && !one.isRegression();
    }
}
