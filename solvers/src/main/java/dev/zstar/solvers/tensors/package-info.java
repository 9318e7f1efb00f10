/**
 * Weights in and out: tensors in safetensors, npy and npz files.
 *
 * <p>Reading:
 *
 * <pre>{@code
 * try (TensorFile file = TensorFile.open(Path.of("model.safetensors"));
 *         Block w = file.get("fc.weight").toBlock(Type.F32)) {
 *     ...
 * }
 * }</pre>
 *
 * <p>Writing: {@link dev.zstar.solvers.tensors.Safetensors}, {@link dev.zstar.solvers.tensors.Npz} and
 * {@link dev.zstar.solvers.tensors.Npy} take blocks, or {@link dev.zstar.solvers.tensors.TensorSource}s if a file needs another shape,
 * order of axes or element type. The new file replaces an old one as a whole, or the old one stays.
 *
 * <p>Files are not trusted. A file that breaks its format is a {@link dev.zstar.solvers.tensors.MalformedFileException}, whatever its bytes
 * are. Nothing in a file is executed, and no access leaves the file's own bytes.
 *
 * <p>May use the package {@code guard}, {@code dev.zstar.kernels} and the JDK.
 */
package dev.zstar.solvers.tensors;
