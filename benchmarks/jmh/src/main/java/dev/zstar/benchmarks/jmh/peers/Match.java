package dev.zstar.benchmarks.jmh.peers;

import dev.zstar.benchmarks.jmh.Timed;
import dev.zstar.kernels.Type;
import java.util.Locale;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.TearDown;

/** A benchmark in which libraries compute the same thing in turn, each in three processes. */
@Fork(3)
public abstract class Match extends Timed {
    @Param({"f32", "f64"})
    String type;

    Bout bout;

    Type type() {
        return Type.valueOf(type.toUpperCase(Locale.ROOT));
    }

    @TearDown
    public void tearDown() {
        bout.close();
    }
}
