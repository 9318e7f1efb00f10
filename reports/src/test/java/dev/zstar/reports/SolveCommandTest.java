package dev.zstar.reports;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Methods by name, with their options and with those of others, and what is said of solves that fail. */
class SolveCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Of 40 elements on the scalar engine, unless told otherwise. */
    private int solve(String arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of("solve"));
        if (!arguments.contains("--engine")) {
            all.addAll(List.of("--engine", "scalar"));
        }
        if (!arguments.contains("--steady")) {
            all.addAll(List.of("--steady", "0"));
        }
        if (!arguments.contains("--weights")) {
            all.addAll(List.of("--n", "40"));
        }
        all.addAll(List.of(arguments.split(" ", -1)));
        CommandLine line = Zstar.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(all.toArray(String[]::new));
    }

    private int evaluations() {
        Matcher found = Pattern.compile("forward .*?(\\d+) evaluations").matcher(out.toString());
        assertThat(found.find()).as(out.toString()).isTrue();
        return Integer.parseInt(found.group(1));
    }

    /** The output with its lines joined, as it is read. */
    private String said() {
        return out.toString().replaceAll("\\s+", " ");
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "anderson --window 3", "anderson --type I --mixing 0.8", "anderson --type ii --mixing gain --safeguard",
            "broyden --memory 10 --update bad",
            "broyden --update good --reduction svd --line-search", "newton-krylov --krylov 8", "picard", "picard --mixing 0.7"})
    void everyMethodSolvesWithItsOptions(String method) {
        assertThat(solve("--batch 3 --solver " + method)).as(out + " " + err).isZero();
        String name = method.split(" ", -1)[0];
        assertThat(out.toString())
                .containsPattern("forward   " + name + " on scalar: 3 of 3 rows CONVERGED_RELATIVE, \\d+ evaluations, "
                        + "largest relative residual [1-9]\\.\\d\\de-0[789], [\\d.]+ ms")
                .containsPattern("backward  gmres\\(20\\): 3 of 3 rows CONVERGED_RELATIVE, \\d+ evaluations, "
                        + "largest relative residual [1-9]\\.\\d\\de-0[789]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bf16", "int8"})
    void cheapEvaluationsAreCountedBesideTheOthers(String format) {
        assertThat(solve("--solver mixed --format " + format)).as(out + " " + err).isZero();
        assertThat(out.toString()).containsPattern("mixed on scalar: CONVERGED_RELATIVE, \\d+ evaluations and \\d+ in " + format + ", ");
        int mixed = evaluations();
        solve("--solver anderson");
        assertThat(mixed).as("fewer evaluations of f than Anderson takes").isLessThan(evaluations());
    }

    /** Each option changes the course of the solve, so none is ignored. */
    @ParameterizedTest
    @CsvSource({
        "anderson --window 1, anderson",
        "anderson --type I, anderson",
        "anderson --mixing 0.5, anderson",
        "anderson --mixing gain, anderson",
        "anderson --radius 5 --safeguard 1.1, anderson --radius 5",
        "broyden --memory 2, broyden",
        "broyden --update bad, broyden",
        "broyden --memory 4 --reduction svd, broyden --memory 4",
        "broyden --radius 3 --line-search, broyden --radius 3",
        "newton-krylov --krylov 3, newton-krylov",
        "mixed --format int8, mixed",
        "mixed --window 1, mixed",
        "picard --mixing 0.5, picard"
    })
    void anOptionReachesTheMethod(String with, String without) {
        String problem = "--batch 4 --evaluations 200 --solver ";
        solve(problem + with);
        String forward = forward();
        solve(problem + without);
        assertThat(forward).isNotEqualTo(forward());
    }

    /** What was solved, without the time. */
    private String forward() {
        return out.toString().lines()
                .filter(line -> line.startsWith("forward"))
                .map(line -> line.replaceAll(", [\\d.]+ ms.*", ""))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void anOptionOfAnotherMethodIsOneSentence() {
        refused("--solver picard --window 3", "--window is an option of --solver anderson or mixed; expected an option of --solver "
                + "picard: --mixing");
        refused("--memory 3",
                "--memory is an option of --solver broyden; expected an option of --solver anderson: --window, --type, --mixing, "
                        + "--safeguard");
        refused("--solver newton-krylov --line-search",
                "--line-search is an option of --solver broyden; expected an option of --solver newton-krylov: --krylov");
        refused("--solver mixed --safeguard",
                "--safeguard is an option of --solver anderson; expected an option of --solver mixed: --format, --window");
        refused("--solver picard --mixing gain", "--mixing gain for picard; expected a number");
        refused("--mixing most", "--mixing most for anderson; expected a number or gain");
        refused("--window 51", "Anderson.Options: window is 51, expected 1 to 50");
        refused("--batch 0", "--batch 0; expected at least 1");
        refused("--evaluations 0", "--evaluations 0; expected at least 1");
    }

    private void refused(String arguments, String sentence) {
        assertThat(solve(arguments)).isEqualTo(2);
        assertThat(err.toString().strip()).isEqualTo("zstar: " + sentence);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void whatDoesNotExistIsNotUnderstood() {
        assertThat(solve("--solver newton")).isEqualTo(2);
        assertThat(err.toString()).isEqualToIgnoringNewLines(
                "zstar: Invalid value for option '--solver': "
                        + "expected one of anderson, broyden, newton-krylov, mixed, picard, but got 'newton'See zstar solve --help");
        assertThat(solve("--solver mixed --format full")).isEqualTo(2);
        assertThat(err.toString()).startsWith("zstar: Invalid value for option '--format': expected one of bf16, int8, but got 'full'");
        assertThat(solve("--solver broyden --update better")).isEqualTo(2);
        assertThat(err.toString()).startsWith("zstar: Invalid value for option '--update': expected one of good, bad, but got 'better'");
        assertThat(solve("--solver broyden --reduction all")).isEqualTo(2);
        assertThat(err.toString()).contains("expected one of restart, svd, but got 'all'");
        assertThat(solve("--type III")).isEqualTo(2);
        assertThat(err.toString()).contains("expected one of I, II, but got 'III'");
    }

    @Test
    void aBudgetThatWasTooSmallSaysHowMuchWasMissing() {
        assertThat(solve("--evaluations 9 --batch 2")).isEqualTo(1);
        assertThat(said()).contains("forward anderson on scalar: 2 of 2 rows MAX_EVALUATIONS, 9 evaluations")
                .containsPattern("Both rows ended with MAX_EVALUATIONS after 9 evaluations, .* The budget was too small: about \\d+ more "
                        + "plain steps would reach the tolerance\\. The last evaluations of the method multiplied the largest residual by "
                        + "0\\.\\d+ each, on average; at this rate about \\d+ more would suffice\\.");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= Zstar.WIDTH || line.startsWith("forward"));
        assertThat(out.toString()).endsWith("backward  not solved, since the forward solve failed" + System.lineSeparator());
    }

    @Test
    void stepsThatGrowAreNamedWithWhatWouldHelp(@TempDir Path temp) throws IOException {
        Path weights = Files.writeString(temp.resolve("w.csv"), "-3,0\n0,-3\n");
        // Between tanh(-3 z + b) and its mirror image plain steps go back and forth; small b keep the slope at the solution.
        assertThat(solve("--solver picard --evaluations 100 --seed 4 --weights " + weights)).isEqualTo(1);
        assertThat(said()).contains("MAX_EVALUATIONS").contains("reverses an error in its direction")
                .contains("contract there for β below");
        assertThat(solve("--solver picard --mixing 0.4 --seed 4 --weights " + weights)).as("damped as it says").isZero();
        assertThat(solve("--solver newton-krylov --seed 4 --weights " + weights)).isZero();
    }

    @Test
    void aSlowSuccessIsExplainedAndAFastOneIsNot() {
        assertThat(solve("--solver picard --mixing 0.2")).isZero();
        assertThat(evaluations()).isGreaterThan(50);
        assertThat(said()).containsPattern("The row ended with CONVERGED_RELATIVE after \\d+ evaluations.* "
                + "Each step with β = 0\\.2 there multiplies the error by about 0\\.\\d+\\.");
        assertThat(solve("--solver picard")).isZero();
        assertThat(evaluations()).isLessThan(50);
        assertThat(said()).doesNotContain("multiplies the error");
    }

    @Test
    void rowsThatEndDifferentlyAreCounted() {
        assertThat(solve("--batch 30 --evaluations 15 --tolerance 1e-5 --radius 0.8")).isEqualTo(1);
        assertThat(out.toString())
                .containsPattern("on scalar: \\d+ of 30 rows CONVERGED_RELATIVE, \\d+ of 30 rows MAX_EVALUATIONS, 15 evaluations");
    }

    @Test
    void theBackwardSolveHasTheToleranceThatWasAskedFor() {
        assertThat(solve("--tolerance 1e-3")).isZero();
        String coarse = backward();
        assertThat(solve("--tolerance 1e-6")).isZero();
        assertThat(backward()).isNotEqualTo(coarse).matches("backward +gmres\\(20\\): CONVERGED_RELATIVE, \\d+ evaluations, "
                + "largest relative residual \\d\\.\\d\\de-(0[789]|[1-9]\\d), .*");
    }

    private String backward() {
        return out.toString().lines().filter(line -> line.startsWith("backward")).findFirst().orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gmres", "recycled-gmres", "bicgstab", "anderson", "broyden", "picard"})
    void everyLinearSolverSolvesTheAdjoint(String name) {
        assertThat(solve("--batch 3 --linear-solver " + name)).as(out + " " + err).isZero();
        assertThat(out.toString()).containsPattern("backward  " + name + "(\\(20\\))?: 3 of 3 rows CONVERGED_RELATIVE, \\d+ evaluations, "
                + "largest relative residual \\d\\.\\d\\de-(0[789]|[1-9]\\d)");
    }

    @ParameterizedTest
    @CsvSource({"exact, exact by gmres\\(20\\), 0.9999", "exact --linear-solver bicgstab, exact by bicgstab, 0.9999",
        "refined, refined, 0.9999", "broyden-inverse --solver broyden, broyden-inverse, 0.3", "jacobian-free, jacobian-free, 0.3",
        "neumann, neumann\\(5\\), 0.9", "neumann --steps 60, neumann\\(60\\), 0.9999", "phantom, phantom\\(5\\), 0.5",
        "unrolled --steps 40, unrolled\\(40\\), 0.99", "checkpointed --steps 40, checkpointed\\(40\\), 0.99",
        "reversible --steps 4, reversible\\(4\\), 0.5"})
    void everyGradientModeIsComparedWithTheExactGradient(String options, String name, double least) {
        assertThat(solve("--batch 2 --gradient " + options)).as(out + " " + err).isZero();
        Matcher found = Pattern.compile("gradient " + name + ": \\d+ products with the Jacobian, cosine (\\S+) with the exact gradient")
                .matcher(said());
        assertThat(found.find()).as(said()).isTrue();
        assertThat(Double.parseDouble(found.group(1))).isBetween(least, 1.000001);
    }

    @Test
    void gradientOptionsWithoutEffectAreRefused() {
        refused("--steps 3", "--steps 3 without --gradient; expected --gradient neumann, phantom, unrolled, checkpointed or reversible");
        refused("--steps 3 --gradient refined",
                "--steps 3 with --gradient refined; expected --gradient neumann, phantom, unrolled, checkpointed or reversible");
        refused("--steps 0 --gradient neumann", "--steps 0; expected at least 1");
        refused("--linear-solver gmres --gradient phantom",
                "--linear-solver gmres with --gradient phantom; expected --gradient exact, the only mode that uses it");
        refused("--gradient broyden-inverse",
                "--gradient broyden-inverse with --solver anderson; expected --solver broyden, whose inverse it uses");
        refused("--steady -1", "--steady -1.0; expected a number of seconds from 0 to 60.0");
        refused("--steady NaN", "--steady NaN; expected a number of seconds from 0 to 60.0");
    }

    @Test
    void severalEnginesSolveTheSameProblem() {
        assertThat(solve("--engine scalar,openblas,simd --steady 0.4")).as(out + " " + err).isZero();
        assertThat(said()).containsPattern("forward anderson on scalar: .* forward anderson on openblas: .*"
                + "\\(first solve on this engine\\).* forward anderson on simd: ");
        assertThat(out.toString().lines().filter(line -> line.startsWith("  steady"))).hasSize(6);
    }

    @Test
    void theHelpIsGroupedAndFitsAScreen() {
        assertThat(solve("--help")).isZero();
        assertThat(out.toString()).contains("The problem", "The method and its options", "The run",
                "anderson, broyden, newton-krylov, mixed, picard (default: anderson)", "(default: 0.9)", "(default: 1e-6)");
        assertThat(out.toString().lines()).hasSizeLessThan(60).allMatch(line -> line.length() <= Zstar.WIDTH);
    }
}
