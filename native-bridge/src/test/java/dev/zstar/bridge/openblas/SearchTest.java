package dev.zstar.bridge.openblas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.EngineProvider;
import dev.zstar.kernels.Engines;
import java.io.File;
import java.io.IOException;
import java.net.JarURLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The places where a library is found, the libraries that are refused, and the messages. */
class SearchTest {
    private static final List<ClassLoader> LOADERS = List.of(ClassLoader.getSystemClassLoader());

    @TempDir
    Path temporary;

    private Path cache() {
        return temporary.resolve("cache");
    }

    /** Only the native jar: a system's library would hide what is wrong with it. */
    private Search.Result bundled(Path cache) {
        return Search.run(() -> new Search.Places(null, null, LOADERS, cache, List.of()));
    }

    private static Path folder(Path cache) throws IOException {
        try (Stream<Path> folders = Files.list(cache)) {
            return folders.collect(Collectors.collectingAndThen(Collectors.toList(), list -> {
                assertThat(list).hasSize(1);
                return list.getFirst();
            }));
        }
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void theProviderIsFoundAndAvailable() {
        EngineProvider provider = Engines.providers().stream()
                .filter(candidate -> candidate.name().equals("openblas"))
                .findFirst()
                .orElseThrow();
        assertThat(provider.unavailable()).isEmpty();
        assertThat(provider.description()).matches("OpenBLAS \\d+\\.\\d+\\.\\d+\\S* \\(\\w+( because of OPENBLAS_CORETYPE)?, .+\\)");
        assertThat(Engines.best(1).name()).isEqualTo("simd");
    }

    @Test
    void theNativeJarIsUnpackedOnceForItsOwnerAlone() throws IOException {
        Search.Result first = bundled(cache());
        assertThat(first.reason()).isNull();
        assertThat(first.description()).endsWith(", bundled)");
        Path folder = folder(cache());
        assertThat(files(folder)).contains("SHA256SUMS", "lock", Platform.libraryFile()).noneMatch(name -> name.endsWith(".part"));
        if (!Platform.WINDOWS) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache()))).isEqualTo("rwx------");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder))).isEqualTo("rwx------");
        }
        Object file = Files.readAttributes(folder.resolve(Platform.libraryFile()), "fileKey,lastModifiedTime");
        assertThat(bundled(cache()).reason()).isNull();
        assertThat(Files.readAttributes(folder.resolve(Platform.libraryFile()), "fileKey,lastModifiedTime")).isEqualTo(file);
    }

    @Test
    void aDamagedFileIsUnpackedAgain() throws IOException {
        assertThat(bundled(cache()).reason()).isNull();
        Path library = folder(cache()).resolve(Platform.libraryFile());
        byte[] sound = Files.readAllBytes(library);
        // A copy, renamed over the old file: the old one is in use in this process.
        byte[] damaged = sound.clone();
        damaged[damaged.length / 2] ^= 1;
        Path copy = Files.write(temporary.resolve("damaged"), damaged);
        Files.move(copy, library, java.nio.file.StandardCopyOption.REPLACE_EXISTING);

        assertThat(bundled(cache()).reason()).isNull();
        assertThat(Files.mismatch(library, Files.write(temporary.resolve("sound"), sound))).isEqualTo(-1);

        Files.delete(library.resolveSibling("SHA256SUMS"));
        assertThat(bundled(cache()).reason()).isNull();
        assertThat(library.resolveSibling("SHA256SUMS")).exists();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aFolderThatOthersMayWriteIsRefused() throws IOException {
        Files.createDirectory(cache());
        Files.setPosixFilePermissions(cache(), PosixFilePermissions.fromString("rwxrwxr-x"));
        assertThat(bundled(cache()).reason()).contains(cache().toString(), "others may write", "rwxrwxr-x", "zstar.cache");

        Files.setPosixFilePermissions(cache(), PosixFilePermissions.fromString("rwx------"));
        assertThat(bundled(cache()).reason()).isNull();
        Files.setPosixFilePermissions(folder(cache()), PosixFilePermissions.fromString("rwx----w-"));
        assertThat(bundled(cache()).reason()).contains(folder(cache()).toString(), "others may write");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aFolderOfSomebodyElseIsRefused() throws IOException {
        Files.createDirectory(cache());
        Files.setPosixFilePermissions(cache(), PosixFilePermissions.fromString("rwx------"));
        try {
            Files.setAttribute(cache(), "unix:uid", 12345);
        } catch (IOException e) {
            Assumptions.abort("only root can give a folder away");
        }
        assertThat(bundled(cache()).reason()).contains(cache().toString(), "belongs to", "12345");
    }

    @Test
    void noFolderAtAllIsAReason() {
        assertThat(bundled(Path.of(".cache")).reason()).contains("no home folder", "zstar.cache");
        assertThat(Search.run(() -> {
                            throw new IllegalStateException("what nobody thought of");
                        })
                        .reason())
                .contains("what nobody thought of");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFolderThatCannotBeMadeIsAReason() {
        assertThat(bundled(Path.of("/proc/zstar")).reason())
                .contains("cannot be unpacked", "/proc/zstar", "zstar.cache")
                .as("the jar is on the class path already").doesNotContain("add org.bytedeco");
    }

    @Test
    void aFileInTheFoldersPlaceIsAReason() throws IOException {
        Files.writeString(cache(), "");
        assertThat(bundled(cache()).reason()).contains(cache().toString()).doesNotContain("\n");
    }

    @Test
    void whatIsEmptyIsNotGiven() {
        assertThat(Search.run(() -> new Search.Places("", "", LOADERS, cache(), List.of())).description()).endsWith(", bundled)");
        Path folder = temporary.toAbsolutePath();
        assertThat(Cache.folder("", "", "", folder.toString())).startsWithRaw(folder).endsWithRaw(Path.of("zstar"));
        assertThat(Cache.folder(null, folder.toString(), null, "/elsewhere")).isEqualTo(folder);
        assertThat(Cache.folder(folder.toString(), "/nowhere", null, "/elsewhere")).isEqualTo(folder);
        assertThat(Cache.folder(null, null, null, "").isAbsolute()).isFalse();
    }

    /** As libquadmath, which libgfortran needs and has no path to, comes after it in the jar. */
    @Test
    void librariesLoadInTheOrderThatTheyNeedEachOther() {
        Path needy = Path.of("a");
        Path middle = Path.of("b");
        Path free = Path.of("c");
        Path broken = Path.of("d");
        Map<Path, Path> needs = Map.of(needy, middle, middle, free, broken, Path.of("missing"));
        List<Path> loaded = new ArrayList<>();
        Loader.inOrder(List.of(needy, middle, broken, free), file -> {
            boolean opens = !needs.containsKey(file) || loaded.contains(needs.get(file));
            if (opens) {
                loaded.add(file);
            }
            return opens;
        });
        assertThat(loaded).containsExactly(free, middle, needy);
    }

    /** With companions given, a library is loaded whether or not the system has what it needs; each companion loads by its own path. */
    @Test
    void theBundledCompanionsLoadByTheirPaths() throws Exception {
        assertThat(bundled(cache()).reason()).isNull();
        Path folder = folder(cache());
        List<Path> companions = new ArrayList<>();
        for (String name : files(folder)) {
            if (!List.of("SHA256SUMS", "lock", Platform.libraryFile()).contains(name)) {
                companions.add(folder.resolve(name));
            }
        }
        List<Path> opened = new ArrayList<>();
        Loader.inOrder(companions, file -> {
            try {
                Loader.load(file, List.of());
                return opened.add(file);
            } catch (Unusable e) {
                return false;
            }
        });
        assertThat(opened).containsExactlyInAnyOrderElementsOf(companions);
        assertThat(Loader.load(folder.resolve(Platform.libraryFile()), companions).find("cblas_sgemm")).isPresent();
        assertThatThrownBy(() -> Loader.load(folder.resolve("missing"), companions)).isInstanceOf(Unusable.class)
                .hasMessageStartingWith("does not load (");
    }

    @Test
    void threadsThatUnpackAtOnceAllGetTheSameFiles() throws Exception {
        Callable<Search.Result> search = () -> bundled(cache());
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (Future<Search.Result> result : threads.invokeAll(List.of(search, search, search, search))) {
                assertThat(result.get().reason()).isNull();
            }
        }
        assertThat(files(folder(cache()))).noneMatch(name -> name.endsWith(".part"));
    }

    @Test
    void aNameThatTheUserGaveIsTheOnlyPlace() throws IOException {
        Path missing = temporary.resolve("libopenblas.so.0");
        assertThat(Search.run(() -> new Search.Places(missing.toString(), null, LOADERS, cache(), Platform.libraryNames())).reason())
                .isEqualTo("the system property zstar.openblas names " + missing
                        + ", which is not a file; correct the path, or unset it so that zstar searches for OpenBLAS");
        assertThat(Search.run(() -> new Search.Places(null, "libopenblas.so.0", LOADERS, cache(), List.of())).reason())
                .startsWith("the environment variable ZSTAR_OPENBLAS names libopenblas.so.0, which is not a full path;");
        assertThat(cache()).doesNotExist();

        assertThat(bundled(cache()).reason()).isNull();
        Path library = folder(cache()).resolve(Platform.libraryFile());
        Search.Result named = Search.run(() -> new Search.Places(library.toString(), "/nowhere", List.of(), cache(), List.of()));
        assertThat(named.reason()).isNull();
        assertThat(named.description()).endsWith(", " + library + ")");
        Path other = library.resolveSibling("libquadmath.so.0");
        if (Files.exists(other)) {
            assertThat(Search.run(() -> new Search.Places(other.toString(), null, List.of(), cache(), List.of())).reason())
                    .contains("has no function cblas_sgemm, so it is not OpenBLAS");
        }
    }

    @Test
    void everyPlaceThatWasTriedIsNamed() {
        assertThat(Search.run(() -> new Search.Places(null, null, List.of(), cache(), List.of("libzstar-none.so.0", "libzstar-nor.so.0")))
                .reason())
                .contains("native jar for " + Platform.NAME, "libzstar-none.so.0", "libzstar-nor.so.0", "does not load (")
                .contains("add org.bytedeco:openblas", "-Dzstar.openblas")
                .doesNotContain("\n");
    }

    @Test
    void processesThatStartAtOnceOnTheClassPathUnpackOnce() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            processes.add(start("--enable-native-access=ALL-UNNAMED", "-Dzstar.cache=" + cache()));
        }
        for (Process process : processes) {
            assertThat(output(process)).matches("OpenBLAS .*, bundled\\)");
        }
        assertThat(files(folder(cache()))).noneMatch(name -> name.endsWith(".part"));
    }

    @Test
    void aJvmThatDeniesNativeAccessIsToldWhichFlag() throws Exception {
        assertThat(output(start("--illegal-native-access=deny", "-Dzstar.cache=" + cache())))
                .isEqualTo("this JVM denies native access; start java with --enable-native-access=ALL-UNNAMED");
    }

    @Test
    void aMissingLibraryIsOneLineInAFreshProcess() throws Exception {
        assertThat(output(start("--enable-native-access=ALL-UNNAMED", "-Dzstar.openblas=/nowhere/libopenblas.so.0")))
                .startsWith("the system property zstar.openblas names /nowhere/libopenblas.so.0, which is not a file")
                .doesNotContain("\n");
    }

    /** Prints what the provider says about itself; {@link #start} runs it in a separate process. */
    public static final class Ask {
        private Ask() {}

        /** Prints one line. */
        public static void main(String[] arguments) {
            EngineProvider provider = Engines.providers().stream()
                    .filter(candidate -> candidate.name().equals("openblas"))
                    .findFirst()
                    .orElseThrow();
            System.out.println(provider.unavailable().orElseGet(provider::description));
        }
    }

    private Process start(String... flags) throws Exception {
        var jar = (JarURLConnection) ClassLoader.getSystemResource(
                        "org/bytedeco/openblas/" + Platform.NAME + "/" + Platform.libraryFile())
                .openConnection();
        List<String> path = new ArrayList<>();
        for (Class<?> type : List.of(Block.class, OpenBlasProvider.class)) {
            path.add(Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString());
        }
        // Of a module under test, classes and tests share one location; both folders lie in target.
        path.add(Path.of("target", "classes").toAbsolutePath().toString());
        path.add(Path.of("target", "test-classes").toAbsolutePath().toString());
        path.add(Path.of(jar.getJarFileURL().toURI()).toString());
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", String.join(File.pathSeparator, path), Ask.class.getName()));
        // What a JVM says of itself on its error stream, such as which flags it took from a variable, is no part of the answer.
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(temporary.resolve("errors").toFile()));
        builder.environment().put("ZSTAR_OPENBLAS", "");
        builder.environment().putIfAbsent("JAVA_TOOL_OPTIONS", "-Dzstar.test=any");
        return builder.start();
    }

    private String output(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor()).as(() -> output + errors()).isZero();
        return output;
    }

    private String errors() {
        try {
            return Files.readString(temporary.resolve("errors"));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
