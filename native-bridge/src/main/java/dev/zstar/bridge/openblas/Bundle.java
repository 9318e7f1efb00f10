package dev.zstar.bridge.openblas;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.util.Comparator;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;

/**
 * The native jar of {@code org.bytedeco:openblas}. Its folder for this platform has the library and the compiler's run-time libraries,
 * which the library finds in its own folder. The bindings in the same folder ({@code jniopenblas}) are not used.
 */
final class Bundle implements AutoCloseable {
    private static final Pattern LIBRARY = Pattern.compile("(?!(lib)?jni)[^/]+(\\.so(\\.\\d+)*|\\.dylib|\\.dll)");

    private final JarFile jar;
    private final String folder;
    private final List<JarEntry> entries;

    private Bundle(JarFile jar, String folder) {
        this.jar = jar;
        this.folder = folder;
        entries = jar.stream()
                .filter(entry -> entry.getName().startsWith(folder)
                        && LIBRARY.matcher(entry.getName().substring(folder.length())).matches())
                .sorted(Comparator.comparing(JarEntry::getName))
                .toList();
    }

    /** The jar that the first of these loaders sees. */
    static Bundle open(List<ClassLoader> loaders) throws Unusable, IOException {
        String folder = "org/bytedeco/openblas/" + Platform.NAME + "/";
        for (ClassLoader loader : loaders) {
            URL url = loader.getResource(folder + Platform.libraryFile());
            if (url == null) {
                continue;
            }
            if (!(url.openConnection() instanceof JarURLConnection connection)) {
                throw new Unusable("is not a jar file (" + url + ")");
            }
            // With caches, closing the jar would close it for the class loader too.
            connection.setUseCaches(false);
            return new Bundle(connection.getJarFile(), folder);
        }
        throw new Unusable("for " + Platform.NAME + " is not on the class path");
    }

    /** The libraries. The jar's directory has the size and the CRC-32 of each, which can be read without unpacking anything. */
    List<JarEntry> entries() {
        return entries;
    }

    /** The name of the file that an entry becomes. */
    String file(JarEntry entry) {
        return entry.getName().substring(folder.length());
    }

    InputStream read(JarEntry entry) throws IOException {
        return jar.getInputStream(entry);
    }

    @Override
    public void close() throws IOException {
        jar.close();
    }
}
