package dev.zstar.reports;

/** The command line's entry point. */
public final class Zstar {
    private Zstar() {}

    /** Prints the version. */
    public static void main(String[] args) {
        System.out.println("zstar " + Zstar.class.getModule().getDescriptor().rawVersion().orElse("unknown"));
    }
}
