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

    /** A product of a random n × n matrix with as many columns. */
    void product(String who, int n, int columns) {
        Product data = Product.random(type(), n, columns);
        Contender library = Contenders.named(who, data.type());
        bout = new Bout(library, () -> library.product(data), data.expected());
    }

    @TearDown
    public void tearDown() {
        bout.close();
    }
}
