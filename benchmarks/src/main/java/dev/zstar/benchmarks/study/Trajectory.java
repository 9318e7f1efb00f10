package dev.zstar.benchmarks.study;

import java.io.Serializable;
import java.util.List;

/**
 * The points at which a solve evaluated the map, around the fixed point z*.
 *
 * @param solver for example {@code anderson(5)} or {@code picard}
 * @param problem the fixed point that was sought
 * @param share the share of the squared lengths of the scaled differences ({@link TrajectorySuite}) that the components hold, 0 to 1
 * @param distances {@code ‖z - z*‖} for each point
 * @param coordinates for each point the three coordinates of {@code z - z*} along the principal components
 */
public record Trajectory(String solver, String problem, double share, List<Double> distances, List<List<Double>> coordinates)
        implements Serializable {}
