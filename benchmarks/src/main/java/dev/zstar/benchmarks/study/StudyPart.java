package dev.zstar.benchmarks.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * A part of a study that runs, succeeds or fails as a whole.
 *
 * @param name for messages
 * @param stages the stages that it reports, with about how many seconds each takes. Measured on two cores of an Intel Xeon (6/167); only
 *     their shares of the whole count
 * @param run measures
 */
record StudyPart(String name, Map<String, Double> stages, BiConsumer<Found, StudyProgress> run) {
    /** The parts that a study with these options has, in their order. */
    static List<StudyPart> of(StudyOptions options) {
        boolean full = options.full();
        List<StudyPart> parts = new ArrayList<>();
        if (options.wants("kernels")) {
            parts.add(new StudyPart("kernels", Map.of("kernels", full ? 330. : 31.),
                    (found, progress) -> KernelSuite.run(options, progress, found.ceilings(), found.results())));
        }
        if (options.wants("cells")) {
            parts.add(new StudyPart("cells", Map.of("cells", full ? 60. : 24.),
                    (found, progress) -> CellsSuite.run(!full, progress, found.results(), found.remarks())));
        }
        if (options.wants("forward") || options.wants("backward")) {
            parts.add(new StudyPart("forward and backward", Map.of("solves", full ? 150. : 40.),
                    (found, progress) -> SolveSuite.run(options, progress, found.results(), found.traces())));
        }
        if (options.wants("forward")) {
            parts.add(new StudyPart("forward: first seconds", Map.of("first seconds", 12.),
                    (found, progress) -> WarmUpSuite.run(progress, found.results())));
            parts.add(new StudyPart("forward: problems", Map.of("problems", 10.),
                    (found, progress) -> ProblemSuite.run(progress, found.results())));
            parts.add(new StudyPart("forward: trajectories", Map.of("trajectories", 1.),
                    (found, progress) -> TrajectorySuite.run(progress, found.trajectories())));
            parts.add(new StudyPart("forward: random solves", Map.of("random solves", full ? 120. : 13.),
                    (found, progress) -> FaultSuite.run(!full, progress, found.results())));
        }
        if (options.wants("backward")) {
            parts.add(new StudyPart("backward", Map.of("backward", full ? 70. : 35.),
                    (found, progress) -> BackwardSuite.run(options, progress, found.results())));
        }
        if (options.wants("streaming")) {
            parts.add(new StudyPart("streaming", Map.of("streaming", full ? 50. : 19.),
                    (found, progress) -> StreamingSuite.run(!full, progress, found.results())));
        }
        if (options.wants("depth")) {
            parts.add(new StudyPart("depth", Map.of("depth", full ? 1200. : 88.),
                    (found, progress) -> DepthSuite.run(options, progress, found.results())));
        }
        if (options.wants("training")) {
            parts.add(new StudyPart("training", Map.of("training", full ? 20. : 4., "training by gradient mode", full ? 350. : 35.),
                    (found, progress) -> TrainingSuite.run(options, progress, found.results())));
        }
        return List.copyOf(parts);
    }
}
