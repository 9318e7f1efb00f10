package dev.zstar.kernels.spi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zstar.kernels.Engine;
import dev.zstar.kernels.Products;
import dev.zstar.kernels.Sweeps;
import dev.zstar.kernels.VectorOperations;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** An engine with a host leaves to it all but its products. */
class HostedEngineTest {
    /** What an engine must give itself, or makes of that by default. */
    private static final Set<String> OWN =
            Set.of("name", "threads", "parallel", "reproducible", "host", "pack", "apply", "applyTransposed", "gemm", "addOuter");

    @Test
    void everythingElseGoesToTheHostOnce() throws Exception {
        List<String> called = new ArrayList<>();
        Engine host = proxy(Engine.class, (_, method, _) -> {
            called.add(method.getName() + Arrays.toString(method.getParameterTypes()));
            return method.getReturnType() == long.class ? (Object) 0L : null;
        });
        HostedEngine engine = proxy(HostedEngine.class, (self, method, arguments) ->
                method.getName().equals("host") ? host : InvocationHandler.invokeDefault(self, method, arguments));
        int forwarded = 0;
        for (Method method : HostedEngine.class.getMethods()) {
            if (!OWN.contains(method.getName())) {
                method.invoke(engine, Arrays.stream(method.getParameterTypes()).map(HostedEngineTest::any).toArray());
                assertThat(called).as("%s", method).containsExactly(method.getName() + Arrays.toString(method.getParameterTypes()));
                called.clear();
                forwarded++;
            }
        }
        assertThat(forwarded).isGreaterThanOrEqualTo(VectorOperations.class.getMethods().length + Sweeps.class.getMethods().length);
        assertThat(Products.class.getMethods()).extracting(Method::getName).filteredOn(name -> !OWN.contains(name))
                .containsExactly("finish");
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(HostedEngineTest.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object any(Class<?> type) {
        return type == int.class ? (Object) 0 : type == double.class ? (Object) 0.0 : null;
    }
}
