package dev.zstar.kernels.jvm;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/**
 * Options of the virtual machine, if it can be asked: the {@code jdk.management} module may be missing, and a virtual machine may have
 * other options. Asking takes 50 to 150 ms the first time.
 */
public final class VmOptions {
    private VmOptions() {}

    /** The value of an option such as {@code UseFMA}; empty if it is not known. */
    public static Optional<String> value(String option) {
        return find(option).map(VMOption::getValue);
    }

    /** The value of an option that was given by whoever started the virtual machine; empty if it was not given or is not known. */
    public static Optional<String> given(String option) {
        return find(option)
                .filter(found -> switch (found.getOrigin()) {
                    case DEFAULT, ERGONOMIC -> false;
                    default -> true;
                })
                .map(VMOption::getValue);
    }

    private static Optional<VMOption> find(String option) {
        try {
            HotSpotDiagnosticMXBean bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            return bean == null ? Optional.empty() : Optional.of(bean.getVMOption(option));
        } catch (IllegalArgumentException | LinkageError e) {
            // No such option, or no such module.
            return Optional.empty();
        }
    }
}
